using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace SPaR.Integration.Tests.Http;

/// <summary>Reads a stream of server-sent events to its end.</summary>
internal static class ServerSentEvents
{
    public static async Task<IReadOnlyList<(string Type, string? Id, JsonNode Data)>> ReadAsync(
        HttpService service, string address, string? lastEventId = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept", "text/event-stream" } } };
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var events = new List<(string, string?, JsonNode)>();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
            events.Add((item.EventType, item.EventId, JsonNode.Parse(item.Data)!));
        return events;
    }
}
