using System.Text.Json.Nodes;
using Npgsql;
using SPaR.Evaluation.Benchmarks;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Jobs;

namespace SPaR.Integration.Tests.Evaluation;

/// <summary>A service with a scripted model, a benchmark that notes what is measured, and one that takes questions.</summary>
internal sealed class EvaluationWorld : IAsyncDisposable
{
    public const int Items = 12;

    /// <summary>Items that a worker has in hand at a time.</summary>
    public const int InFlight = 3;

    private readonly List<HttpService> _services = [];
    private readonly string _database;

    private EvaluationWorld(string database) => _database = database;

    public ScriptedModel Engine { get; } = new();

    public NotedBenchmark Benchmark { get; } = new(Items);

    public string Models { get; } = Directory.CreateTempSubdirectory("spar-models-").FullName;

    public string Model { get; private set; } = "";

    public HttpService Http => _services[0];

    public static async Task<EvaluationWorld> StartAsync(PostgresFixture postgres, params string[] settings)
    {
        var world = new EvaluationWorld(await postgres.MigratedDatabaseAsync());
        TinyGguf.Write(Path.Combine(world.Models, "tiny.gguf"));
        await world.BesideAsync(null, settings);
        world.Model = (await world.Http.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        return world;
    }

    /// <summary>Starts another service over the same database.</summary>
    /// <param name="line">What it reaches the database through.</param>
    public async Task<HttpService> BesideAsync(CutLine? line = null, params string[] settings)
    {
        var connection = new NpgsqlConnectionStringBuilder(_database) { Timeout = 5, CommandTimeout = 5 };
        connection.Port = line?.Port ?? connection.Port;
        var service = await HttpService.StartAsync(
            connection.ConnectionString, Engine, [Benchmark, new ExactMatchBenchmark()],
            [$"--Models:Folder={Models}", $"--Worker:InFlight={InFlight}", .. settings]);
        _services.Add(service);
        return service;
    }

    public async Task StopAsync(HttpService service)
    {
        _services.Remove(service);
        await service.DisposeAsync();
    }

    /// <param name="more">Beside benchmark and model, which it may replace.</param>
    public Task<Answer> PostAsync(string more = "{}")
    {
        var body = new JsonObject { ["benchmark"] = "noted", ["model"] = Model, ["seed"] = 7 };
        foreach (var (name, value) in JsonNode.Parse(more)!.AsObject())
            body[name] = value?.DeepClone();
        return Http.PostAsync("/v1/evaluations", body);
    }

    public async Task<string> EvaluateAsync(string more = "{}") => (await PostAsync(more)).ShouldBe(201).Id;

    /// <returns>The id of a set of questions.</returns>
    /// <param name="answers">The right ones, a question each.</param>
    public async Task<string> UploadAsync(params string[] answers) => (await Http.PostAsync(
        "/v1/benchmarks?benchmark=exact-match&name=q",
        string.Join('\n', answers.Select((a, i) => $$"""{"key":"q{{i}}","question":"hard {{i}}","answer":"{{a}}"}""")),
        "application/x-ndjson")).ShouldBe(201).Id;

    public Task<Answer> GetAsync(string id) => Http.GetAsync($"/v1/evaluations/{id}");

    public Task<Answer> MoveAsync(string id, string action) => Http.PostAsync($"/v1/evaluations/{id}/{action}");

    public async Task<Answer> WaitAsync(string id, Func<Answer, bool> enough, double seconds = 60)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var now = (await GetAsync(id)).ShouldBe(200);
            if (enough(now))
                return now;
            TimeProvider.System.GetElapsedTime(started).TotalSeconds.ShouldBeLessThan(seconds, now.Text);
            await Task.Delay(30, TestContext.Current.CancellationToken);
        }
    }

    public Task<Answer> StatusAsync(string id, string status, double seconds = 60) =>
        WaitAsync(id, now => now["status"].GetValue<string>() == status, seconds);

    public async Task<IReadOnlyList<JsonNode>> ResultsAsync(string id) =>
        (await Http.GetAsync($"/v1/evaluations/{id}/results.ndjson")).ShouldBe(200).Lines;

    /// <summary>That every item has one result, and was measured once.</summary>
    public async Task ShouldBeWholeAsync(string id, int items = Items)
    {
        (await ResultsAsync(id)).Select(r => r["ordinal"]!.GetValue<int>()).ShouldBe(Enumerable.Range(0, items));
        Benchmark.Measured.Where(m => m.Evaluation == id).Select(m => m.Ordinal).Order().ShouldBe(Enumerable.Range(0, items));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services)
            await service.DisposeAsync();
        Directory.Delete(Models, recursive: true);
    }
}
