using System.Diagnostics;
using SPaR.Service.Logging;

namespace SPaR.Service.Http;

/// <summary>Headers of every response: those that keep browsers from guessing content types, from showing our pages in foreign frames, and
/// from running scripts of other origins, where a page with a stricter policy sets its own; and the id under which the log and the audit
/// log have the request.</summary>
internal static class ResponseHeaders
{
    public const string RequestId = "X-Request-Id";

    // Swagger and Hangfire have inline scripts and styles.
    private const string Pages = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        + "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private const string Data = "default-src 'none'; frame-ancestors 'none'";

    public static async Task Add(HttpContext http, RequestDelegate next)
    {
        // At the last moment: an error clears what was set before.
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            headers[RequestId] = IdOf(http);
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            if (headers.ContentSecurityPolicy.Count == 0)
                headers.ContentSecurityPolicy =
                    http.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) is true ? Pages : Data;
            return Task.CompletedTask;
        });
        using (http.RequestServices.GetRequiredService<ILogger<HttpContext>>().InRequest(IdOf(http)))
            await next(http);
    }

    /// <returns>The trace id: that of the caller, if it sends a <c>traceparent</c>.</returns>
    public static string IdOf(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;
}
