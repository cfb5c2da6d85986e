using Microsoft.AspNetCore.Http;

namespace SPaR.Service.Keys;

/// <summary>Whose page a request comes from, as the browser says in headers that no page can set.</summary>
internal static class Origins
{
    /// <summary>Whether it changes nothing, or surely comes from a page of this service.</summary>
    public static bool IsOwn(HttpRequest request) => IsSafe(request) || (Says(request) ?? false);

    /// <summary>Whether it would change something and surely comes from another page; programs say nothing.</summary>
    public static bool IsForeign(HttpRequest request) => !IsSafe(request) && Says(request) is false;

    private static bool IsSafe(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);

    /// <returns>Null where nothing is said.</returns>
    private static bool? Says(HttpRequest request)
    {
        // Not "same-site": another port of the same machine is the same site.
        if (request.Headers["Sec-Fetch-Site"] is [{ } site, ..])
            return site is "same-origin";
        return request.Headers.Origin is [{ } origin, ..]
            ? string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            : null;
    }
}
