namespace SPaR.Service.Keys;

/// <summary>Which page sent a request, according to headers that browsers set and pages cannot.</summary>
internal static class Origins
{
    /// <summary>Whether the request changes nothing or certainly comes from a page of this service.</summary>
    public static bool IsOwn(HttpRequest request) => IsSafe(request) || (IsSameOrigin(request) ?? false);

    /// <summary>Whether the request changes something and certainly comes from a foreign page. Programs send no such headers.</summary>
    public static bool IsForeign(HttpRequest request) => !IsSafe(request) && IsSameOrigin(request) is false;

    private static bool IsSafe(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);

    /// <returns>Null without such headers.</returns>
    private static bool? IsSameOrigin(HttpRequest request)
    {
        // "same-site" is not enough: it includes other ports of this machine.
        if (request.Headers["Sec-Fetch-Site"] is [{ } site, ..])
            return site is "same-origin";
        return request.Headers.Origin is [{ } origin, ..]
            ? string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            : null;
    }
}
