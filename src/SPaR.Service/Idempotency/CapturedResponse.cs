namespace SPaR.Service.Idempotency;

/// <summary>A response that is held back until it is stored.</summary>
internal static class CapturedResponse
{
    private const string Replayed = "Idempotency-Replayed";

    /// <returns>What <paramref name="handler"/> answers. The headers stay in the response; nothing is sent.</returns>
    public static async Task<KeptAnswer> OfAsync(HttpContext http, RequestDelegate handler)
    {
        var response = http.Response;
        var client = response.Body;
        using var held = new MemoryStream();
        response.Body = held;
        try
        {
            await handler(http);
            await response.BodyWriter.FlushAsync(http.RequestAborted);
        }
        finally
        {
            response.Body = client;
        }

        var (location, tag) = (response.Headers.Location.ToString(), response.Headers.ETag.ToString());
        return new(
            response.StatusCode, response.ContentType, location.Length > 0 ? location : null, tag.Length > 0 ? tag : null, held.ToArray());
    }

    public static async Task WriteAsync(HttpContext http, KeptAnswer answer, bool isRepeated)
    {
        var response = http.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        if (answer.Location is not null)
            response.Headers.Location = answer.Location;
        if (answer.ETag is not null)
            response.Headers.ETag = answer.ETag;
        if (isRepeated)
            response.Headers[Replayed] = "true";
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, http.RequestAborted);
    }
}
