using System.Buffers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace SPaR.Service.Http;

/// <param name="Name">Null: an event without a name.</param>
/// <param name="Data">Written as JSON; a text as it is.</param>
internal sealed record StreamedEvent(string? Name, object Data);

/// <summary>Writes events as they come: as server-sent events, or as one JSON object <c>{"event", "data"}</c> per line. If the stream
/// fails halfway, the connection is aborted, so a client never mistakes a part for the whole.</summary>
internal sealed class EventStream(IAsyncEnumerable<StreamedEvent> events, string type) : IResult
{
    public const string ServerSent = "text/event-stream", Lines = "application/x-ndjson";

    /// <returns>The first of both that the client accepts by name; null where it wants neither.</returns>
    public static string? Asked(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
            ? accepted.Select(a => a.MediaType.ToString().ToLowerInvariant()).FirstOrDefault(a => a is ServerSent or Lines)
            : null;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, aborted) = (httpContext.Response, httpContext.RequestAborted);
        response.ContentType = type;
        response.Headers.CacheControl = "no-cache";
        // Proxies that collect a response before they pass it on would hold events back.
        response.Headers["X-Accel-Buffering"] = "no";
        if (type == ServerSent)
        {
            await SseFormatter.WriteAsync(
                ItemsAsync(aborted), response.Body, (item, buffer) => buffer.Write(Bytes(item.Data)), aborted);
            return;
        }

        await foreach (var one in events.WithCancellation(aborted))
        {
            await response.Body.WriteAsync(
                JsonSerializer.SerializeToUtf8Bytes(new { @event = one.Name, data = one.Data }, ApiJson.Options), aborted);
            await response.Body.WriteAsync("\n"u8.ToArray(), aborted);
            await response.Body.FlushAsync(aborted);
        }
    }

    private async IAsyncEnumerable<SseItem<object>> ItemsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var one in events.WithCancellation(cancellationToken))
            yield return new(one.Data, one.Name);
    }

    private static byte[] Bytes(object data) => data is string text
        ? System.Text.Encoding.UTF8.GetBytes(text)
        : JsonSerializer.SerializeToUtf8Bytes(data, data.GetType(), ApiJson.Options);
}
