using System.Net.ServerSentEvents;

namespace SPaR.Benchmarks.Service;

/// <summary>Many clients that watch one run to its end.</summary>
internal sealed class EventStreams(ServiceUnderTest service, int streams)
{
    public async Task<StreamCounts> WatchAsync(string run, CancellationToken cancellationToken)
    {
        using var http = service.Connect(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue });
        var got = await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => ReadAsync(http, run, cancellationToken)));
        var all = await EventsAsync(run, cancellationToken);
        return new(
            got.Length, all.Count, got.Sum(ids => all.Except(ids).Count()), got.Sum(ids => ids.Count - ids.Distinct().Count()));
    }

    /// <returns>The ids of the events of a stream, from the run's first event to its end.</returns>
    private static async Task<List<string>> ReadAsync(HttpClient http, string run, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{run}/events");
        request.Headers.Accept.Add(new("text/event-stream"));
        request.Headers.Add("Last-Event-ID", "0");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        var ids = new List<string>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken))
            .EnumerateAsync(cancellationToken))
        {
            // A view of the progress has no id.
            if (item.EventType != "progress")
                ids.Add(item.EventId!);
        }

        return ids;
    }

    private async Task<List<string>> EventsAsync(string run, CancellationToken cancellationToken)
    {
        var page = await service.GetAsync($"/v1/runs/{run}/events?limit=200", cancellationToken);
        if (page["has_more"]!.GetValue<bool>())
            throw new InvalidOperationException("The run has more events than a page; make it shorter.");
        return [.. page["data"]!.AsArray().Select(e => $"{e!["id"]}")];
    }
}
