using System.Text;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;
using SPaR.Method.Input;

namespace SPaR.Service.Http;

/// <summary>Refuses text that cannot be stored before any endpoint sees it: in the query, and in the body of every endpoint that takes JSON
/// and nothing else, which is read here. Uploads in several formats check their own bodies.</summary>
internal static class RequestText
{
    private const string Json = "application/json";

    public static async Task CheckAsync(HttpContext http, RequestDelegate next)
    {
        if (QueryFault(http.Request) is { } query)
        {
            await query.WriteAsync(http);
            return;
        }

        if (http.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is not { ContentTypes: [Json] } || RequestEnvelope.Is(http)
            || !http.Request.HasJsonContentType())
        {
            await next(http);
            return;
        }

        var body = new MemoryStream();
        if ((CharsetFault(http.Request) ?? await ReadAsync(http, body)) is { } problem)
        {
            await problem.WriteAsync(http);
            return;
        }

        http.Request.Body = body;
        http.Request.ContentType = Json;
        await next(http);
    }

    private static Problem? QueryFault(HttpRequest request) =>
        request.Query.FirstOrDefault(q => q.Key.Contains('\0') || q.Value.Any(v => v!.Contains('\0'))) is { Key: { } name }
            ? Problem.Invalid("invalid-text", new FieldError(
                name.Replace("\0", "\\0", StringComparison.Ordinal), JsonText.HasNull))
            : null;

    /// <param name="body">Is left at the first byte after a byte order mark.</param>
    private static async Task<Problem?> ReadAsync(HttpContext http, MemoryStream body)
    {
        await http.Request.BodyReader.CopyToAsync(body, http.RequestAborted);
        var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
        body.Position = bytes.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        return JsonText.FaultIn(bytes[(int)body.Position..]);
    }

    private static Problem? CharsetFault(HttpRequest request)
    {
        var charset = MediaTypeHeaderValue.Parse(request.ContentType).Charset.ToString().Trim('"');
        return charset.ToLowerInvariant() is "" or "utf-8" or "utf8" or "us-ascii"
            ? null
            : Problem.UnsupportedType($"JSON is read as UTF-8, not as '{charset}'; send it as UTF-8, with Content-Type: {Json}.");
    }
}
