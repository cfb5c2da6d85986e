using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Npgsql;
using SPaR.Cli.Postgres;
using SPaR.Integration.Tests.Evaluation;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Jobs;

namespace SPaR.Integration.Tests.Drills;

/// <summary>Services over a PostgreSQL of their own, each of which can be cut off, frozen or replaced, with a run, an evaluation and a
/// training at work. Models and benchmark are scripted, and the trainer is a script in a process of its own.</summary>
[SupportedOSPlatform("linux")]
internal sealed class DrillWorld : IAsyncDisposable
{
    public const int Instructions = 12, Items = 24, Steps = 6;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar-drill-");
    private readonly List<(HttpService Service, CutLine Line)> _dead = [];
    private readonly List<(HttpService Service, CutLine Line)> _live = [];
    private EmbeddedPostgres? _postgres;
    private string _set = "", _dataset = "";

    private ScriptedModel Engine { get; } = new() { Pace = TimeSpan.FromMilliseconds(150) };

    private NotedBenchmark Benchmark { get; } = new(Items) { Before = (_, stop) => Task.Delay(100, stop) };

    private string Models => Directory.CreateDirectory(Path.Combine(_folder.FullName, "models")).FullName;

    private string Training => Directory.CreateDirectory(Path.Combine(_folder.FullName, "training")).FullName;

    /// <summary>One that lives.</summary>
    public HttpService Http => _live[0].Service;

    public int Live => _live.Count;

    public string Model { get; private set; } = "";

    public static async Task<DrillWorld> StartAsync()
    {
        var world = new DrillWorld();
        // If the tests run as root, PostgreSQL runs as another user, who must be able to enter.
        File.SetUnixFileMode(world._folder.FullName, (UnixFileMode)0b111_101_101);
        await world.StartPostgresAsync();
        await PostgresFixture.MigrateAsync(world._postgres!.ConnectionString);
        await world.AddServiceAsync();
        await world.AddServiceAsync();
        TinyGguf.Write(Path.Combine(world.Models, "tiny.gguf"));
        world.Model = (await world.Http.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        world._set = (await world.Http.PostAsync("/v1/instruction-sets?name=s", string.Join('\n', Enumerable.Range(0, Instructions)
            .Select(i => $$"""{"prompt":"hard {{i}}"}""")), "application/x-ndjson")).ShouldBe(201).Id;
        world._dataset = (await world.Http.PostAsync(
            "/v1/datasets?format=trl-standard", """{"prompt":"one","chosen":"a good answer","rejected":"a bad answer"}""",
            "application/x-ndjson")).ShouldBe(201).Id;
        return world;
    }

    public Task<Answer> RunAsync() => Http.PostAsync(
        "/v1/runs", new JsonObject { ["instruction_set"] = _set, ["actor"] = Model, ["recipe"] = new JsonObject() });

    public Task<Answer> EvaluateAsync() => Http.PostAsync(
        "/v1/evaluations", new JsonObject { ["benchmark"] = "noted", ["model"] = Model, ["seed"] = 7 });

    public Task<Answer> TrainAsync() => Http.PostAsync(
        "/v1/training-runs", new JsonObject
        {
            ["method"] = "dpo",
            ["model"] = Model,
            ["dataset"] = new JsonObject { ["upload"] = _dataset },
        });

    /// <summary>Kills a service and starts another.</summary>
    public async Task KillServiceAsync(int which)
    {
        var killed = _live[which];
        _live.RemoveAt(which);
        _dead.Add(killed);
        killed.Line.Dispose();
        await AddServiceAsync();
    }

    /// <summary>Resets the connections of a service to the database.</summary>
    public void ResetConnections(int which) => _live[which].Line.Reset();

    /// <summary>Freezes a service for longer than its leases last.</summary>
    public void Freeze(int which, TimeSpan time) => _live[which].Line.StallUntil(Task.Delay(time));

    /// <summary>Ends PostgreSQL without any order, and starts it again.</summary>
    public async Task RestartPostgresAsync()
    {
        await SignalAsync("QUIT", _postgres!.Pid);
        await _postgres.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _postgres.DisposeAsync();
        await StartPostgresAsync();
    }

    /// <summary>Kills the process of a training that has come to its second step.</summary>
    /// <returns>False if it has none.</returns>
    public async Task<bool> KillTrainerAsync(string training)
    {
        var folder = Path.Combine(Training, training);
        var (note, metrics) = (Path.Combine(folder, "trainer.pid"), Path.Combine(folder, "metrics.ndjson"));
        if (!File.Exists(note) || !File.Exists(metrics) || (await File.ReadAllLinesAsync(metrics)).Length != 2)
            return false;
        await SignalAsync("KILL", int.Parse((await File.ReadAllTextAsync(note)).Split(' ')[0], CultureInfo.InvariantCulture));
        return true;
    }

    /// <summary>Whether a trainer waits at its second step.</summary>
    public bool HoldTrainers
    {
        set
        {
            var slow = Path.Combine(Training, "slow");
            if (value)
                File.WriteAllText(slow, "");
            else
                File.Delete(slow);
        }
    }

    public string HashOf(string model) =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Models, model))));

    /// <summary>Counts the rows of a run.</summary>
    public async Task<(long Answers, long Pairs, long Failures)> StoredAsync(string run)
    {
        await using var source = NpgsqlDataSource.Create(_postgres!.ConnectionString);
        await using var command = source.CreateCommand(
            """
            SELECT (SELECT count(*) FROM spar.answers WHERE run_id = $1), (SELECT count(*) FROM spar.pairs WHERE run_id = $1),
                (SELECT sum(failures)::bigint FROM spar.run_items WHERE run_id = $1)
            """);
        command.Parameters.Add(new() { Value = run });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    public async ValueTask DisposeAsync()
    {
        HoldTrainers = false;
        await Task.WhenAll(_live.Concat(_dead).Select(s => EndAsync(s.Service)));
        foreach (var (_, line) in _live)
            line.Dispose();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task EndAsync(HttpService service)
    {
        try
        {
            await service.DisposeAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or AggregateException)
        {
            // Cut off from the database it cannot stop in time; it is disposed of like a killed one.
        }
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", $"{process}"]);
        await kill.WaitForExitAsync();
    }

    private async Task StartPostgresAsync() => _postgres = await EmbeddedPostgres.StartAsync(
        Path.Combine(_folder.FullName, "postgres"), new() { FastUnsafe = true, MaxConnections = 300 }, _ => { }, default);

    private async Task AddServiceAsync()
    {
        var connection = new NpgsqlConnectionStringBuilder(_postgres!.ConnectionString)
        {
            Timeout = 5,
            CommandTimeout = 5,
            MaxPoolSize = 16,
        };
        var line = CutLine.To(connection.ConnectionString);
        var command = new[] { "sh", Path.Combine(AppContext.BaseDirectory, "Training", "fake-trainer.sh") };
        _live.Add((await HttpService.StartAsync(
            line.Through(connection.ConnectionString), Engine, [Benchmark],
            [
                $"--Models:Folder={Models}", $"--Training:Folder={Training}", "--Worker:InFlight=3", "--Worker:LeaseSeconds=3",
                "--Jobs:CheckinSeconds=1", "--Jobs:RetrySeconds=0.5", "--Jobs:Retries=20", "--Logging:LogLevel:Default=None",
                "--HostOptions:ShutdownTimeout=1",
                .. command.Select((part, i) => string.Create(CultureInfo.InvariantCulture, $"--Training:Command:{i}={part}")),
            ]), line));
    }
}
