using System.Net.Sockets;

namespace SPaR.Integration.Tests.Http;

/// <summary>Clients that read slowly hold no connection of the database, and no more streams than a key may have.</summary>
public sealed class SlowClientTests(PostgresFixture postgres)
{
    private const int Connections = 3, Long = 1500;

    [Fact]
    public async Task Slow_downloads_leave_the_database_to_others()
    {
        await using var world = await StartAsync(postgres);
        using var slow = SlowClient(world.Service);
        var (run, training) = (world.Ids["runs"][0], world.Ids["training-runs"][0]);
        var open = new List<HttpResponseMessage>();
        foreach (var path in new[]
        {
            $"/v1/runs/{run}/preferences", $"/v1/training-runs/{training}/metrics",
            $"/v1/evaluations/{world.Ids["evaluations"][0]}/results.ndjson",
        })
            for (var i = 0; i < 2 * Connections; i++)
            {
                open.Add(await slow.GetAsync(path, HttpCompletionOption.ResponseHeadersRead));
                open[^1].IsSuccessStatusCode.ShouldBeTrue(path);
            }

        foreach (var path in new[] { "/v1/runs", "/v1/training-runs", "/v1/evaluations", "/health/ready", $"/v1/runs/{run}" })
            (await world.Service.GetAsync(path).WaitAsync(TimeSpan.FromSeconds(5))).ShouldBe(200);
        // A slow client gets everything in the end.
        (await open[0].Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBeGreaterThan(Long);
        open.ForEach(response => response.Dispose());
    }

    [Fact]
    public async Task A_key_with_too_many_open_streams_is_told_to_wait()
    {
        await using var world = await StartAsync(postgres, "--Keys:MaxStreams=2");
        using var slow = SlowClient(world.Service);
        var path = $"/v1/training-runs/{world.Ids["training-runs"][0]}/metrics";
        using var one = await slow.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        using var two = await slow.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);

        using (var third = await slow.GetAsync(path))
        {
            ((int)third.StatusCode).ShouldBe(429);
            third.Headers.RetryAfter!.Delta.ShouldNotBeNull();
            (await third.Content.ReadAsStringAsync()).ShouldContain("\"too-many-streams\"");
        }

        (await world.Service.GetAsync("/v1/runs")).ShouldBe(200);
        one.Dispose();
        await Wait.UntilAsync(async () =>
        {
            using var again = await slow.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            return again.IsSuccessStatusCode;
        });
    }

    /// <summary>Exports have several megabytes each: more than the buffers between the service and a client.</summary>
    private static async Task<FilledService> StartAsync(PostgresFixture postgres, params string[] settings)
    {
        var world = await FilledService.StartAsync(postgres, $"Maximum Pool Size={Connections};Timeout=5", settings);
        const string text = "repeat('x', 8000)";
        await world.CopyAsync("instructions", Long, "t.ordinal = 0", ("id", "'ins_' || g"), ("ordinal", "g + 9"));
        await world.CopyAsync("run_items", Long, "t.ordinal = 0", ("instruction_id", "'ins_' || g"), ("ordinal", "g + 9"));
        await world.CopyAsync(
            "pairs", Long, "t.instruction_id = (SELECT instruction_id FROM spar.run_items WHERE ordinal = 0)",
            ("instruction_id", "'ins_' || g"), ("id", "'pair_' || g"), ("chosen", text));
        await world.CopyAsync(
            "evaluation_results", Long, $"t.evaluation_id = '{world.Ids["evaluations"][0]}' AND t.ordinal = 0", ("ordinal", "g + 99"),
            ("key", "'k' || g"), ("message", text));
        await world.ExecuteAsync(
            $"""
            INSERT INTO spar.training_metrics (training_run_id, step, "values", read_at)
            SELECT '{world.Ids["training-runs"][0]}', g, jsonb_build_object('text', {text}), now() FROM generate_series(1, {Long}) g
            """);
        return world;
    }

    private static HttpClient SlowClient(HttpService service)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = service.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", service.Key);
        return client;
    }
}
