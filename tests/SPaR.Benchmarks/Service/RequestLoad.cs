using System.Diagnostics;
using System.Net;

namespace SPaR.Benchmarks.Service;

/// <summary>Lists and views at a fixed rate, whether or not earlier requests have been answered (open loop). A request's time counts from
/// the moment it was due, so that one that had to wait for its connection counts as slow.</summary>
internal sealed class RequestLoad(ServiceUnderTest service, ServiceSize size)
{
    private readonly List<(string Kind, double Milliseconds, HttpStatusCode Status)> _times = [];
    private readonly Lock _lock = new();

    public async Task<RequestTimes> RunAsync(IReadOnlyList<string> runs, CancellationToken cancellationToken)
    {
        var targets = await TargetsAsync(runs, cancellationToken);
        var interval = TimeSpan.FromSeconds((double)size.Connections / size.Rate);
        var count = (int)Math.Ceiling(size.Seconds / interval.TotalSeconds);
        // Every connection is opened and used once before the clock starts.
        var clients = Enumerable.Range(0, size.Connections)
            .Select(_ => service.Connect(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })).ToList();
        foreach (var client in clients)
            await SendAsync(client, targets[0].Address, cancellationToken);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(clients.Select((client, index) => ConnectionAsync(client, index)));
        clients.ForEach(client => client.Dispose());
        return Summary();

        async Task ConnectionAsync(HttpClient client, int index)
        {
            for (var turn = 0; turn < count; turn++)
            {
                var due = interval * (turn + (double)index / size.Connections);
                if (due - Stopwatch.GetElapsedTime(start) is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, cancellationToken);
                var (kind, address) = targets[(index + turn * 7) % targets.Count];
                var status = await SendAsync(client, address, cancellationToken);
                var late = Stopwatch.GetElapsedTime(start) - due;
                lock (_lock)
                    _times.Add((kind, late.TotalMilliseconds, status));
            }
        }
    }

    /// <returns>Every kind of list and view, of a large run and of the one that is running.</returns>
    private async Task<List<(string Kind, string Address)>> TargetsAsync(IReadOnlyList<string> runs, CancellationToken cancellationToken)
    {
        List<(string, string)> targets =
        [
            ("models", "/v1/models"), ("sets", "/v1/instruction-sets"), ("runs", "/v1/runs"), ("datasets", "/v1/datasets"),
            ("trainings", "/v1/training-runs"), ("evaluations", "/v1/evaluations"),
        ];
        foreach (var run in runs)
        {
            targets.AddRange(
            [
                ("run", $"/v1/runs/{run}"), ("items", $"/v1/runs/{run}/items"), ("pairs", $"/v1/runs/{run}/pairs"),
                ("events", $"/v1/runs/{run}/events"), ("trees", $"/v1/runs/{run}/trees"),
            ]);
        }

        var pairs = (await service.GetAsync($"/v1/runs/{runs[0]}/pairs?limit=20", cancellationToken))["data"]!.AsArray();
        foreach (var pair in pairs)
            targets.AddRange([("pair", $"/v1/pairs/{pair!["id"]}"), ("lineage", $"/v1/lineage/{pair["id"]}")]);
        return targets;
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, string address, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(address, cancellationToken);
        return response.StatusCode;
    }

    private RequestTimes Summary()
    {
        var all = _times.Select(t => t.Milliseconds).Order().ToList();
        return new(
            all.Count, _times.CountBy(t => (int)t.Status).ToDictionary(), At(all, 0.5), At(all, 0.99), all[^1],
            _times.GroupBy(t => t.Kind).ToDictionary(k => k.Key, k => At([.. k.Select(t => t.Milliseconds).Order()], 0.99)));
    }

    private static double At(List<double> ordered, double share) => ordered[(int)Math.Ceiling(share * ordered.Count) - 1];
}
