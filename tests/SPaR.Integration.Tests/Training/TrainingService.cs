using System.Globalization;
using SPaR.Evaluation.Benchmarks;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Llama;
using SPaR.Integration.Tests.Torch.Training;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Training;

/// <summary>A service that trains, with one registered model and one uploaded dataset of preferences. Its training process is a script,
/// or the real one on the micro-world's model.</summary>
internal sealed class TrainingService : IAsyncDisposable
{
    private const string Pairs =
        """
        {"prompt":"one","chosen":"a good answer","rejected":"a bad answer"}
        {"prompt":"two","chosen":"better than","rejected":"worse as"}
        """;

    private readonly List<string> _settings;
    private readonly ITextEngine? _engine;
    private readonly IBenchmark[] _benchmarks;

    private TrainingService(
        string database, ITextEngine? engine, string? folder, IEnumerable<string> command, params IBenchmark[] benchmarks)
    {
        Database = database;
        _benchmarks = benchmarks;
        _engine = engine;
        Folder = folder ?? Directory.CreateTempSubdirectory("spar-training-").FullName;
        _settings =
        [
            $"--Models:Folder={Models}", $"--Training:Folder={Folder}", "--Training:Concurrent=4", "--Training:CancelGraceSeconds=1",
            .. command.Select((part, i) => string.Create(CultureInfo.InvariantCulture, $"--Training:Command:{i}={part}")),
        ];
    }

    public HttpService Http { get; private set; } = null!;

    public string Database { get; }

    public string Model { get; private set; } = "";

    public string Dataset { get; private set; } = "";

    /// <summary>Holds the folders of training runs, and the files that tell the script what to do.</summary>
    public string Folder { get; }

    public string Models { get; } = Directory.CreateTempSubdirectory("spar-models-").FullName;

    /// <summary>The training process of the host, as a command.</summary>
    private static string[] RealCommand =>
        ["dotnet", Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "trainer", "--folder"];

    private static string[] Script => ["sh", Path.Combine(AppContext.BaseDirectory, "Training", "fake-trainer.sh")];

    /// <param name="told">Files that tell the script what to do, as <c>name</c> or <c>name=content</c>.</param>
    public static Task<TrainingService> StartAsync(PostgresFixture postgres, params string[] told) =>
        StartAsync(postgres, new ScriptedModel(), null, told);

    /// <param name="folder">For training; one of its own where null.</param>
    public static Task<TrainingService> StartAsync(
        PostgresFixture postgres, ITextEngine engine, string? folder, params string[] told) =>
        StartAsync(postgres, engine, [], folder, told);

    public static async Task<TrainingService> StartAsync(
        PostgresFixture postgres, ITextEngine engine, IBenchmark[] benchmarks, string? folder, params string[] told)
    {
        var service = new TrainingService(await postgres.MigratedDatabaseAsync(), engine, folder, Script, benchmarks);
        foreach (var file in told)
            service.Tell(file);
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        await service.BeginAsync("tiny.gguf", Pairs);
        return service;
    }

    /// <summary>With the real trainer, the real tokeniser and 32 pairs in the micro-world's language.</summary>
    /// <param name="works">False where a process that the test starts is to do the work.</param>
    public static async Task<TrainingService> StartRealAsync(PostgresFixture postgres, string? folder = null, bool works = true)
    {
        var service = new TrainingService(await postgres.MigratedDatabaseAsync(), works ? Engines.Create() : null, folder, RealCommand);
        File.Copy(MicroModel.Path, Path.Combine(service.Models, "micro.gguf"));
        await service.BeginAsync("micro.gguf", string.Join('\n', MicroRows.Preferences(32)));
        return service;
    }

    public void Tell(string file) =>
        File.WriteAllText(Path.Combine(Folder, file.Split('=')[0]), file.Contains('=', StringComparison.Ordinal) ? file.Split('=')[1] : "");

    public void Untell(string file) => File.Delete(Path.Combine(Folder, file));

    /// <summary>Ends the service and starts it again; training processes run on.</summary>
    /// <param name="settings">That replace those of before.</param>
    public async Task RestartAsync(params string[] settings)
    {
        await Http.DisposeAsync();
        _settings.RemoveAll(s => settings.Any(n => n.Split('=')[0] == s.Split('=')[0]));
        _settings.AddRange(settings);
        Http = await HostAsync(_engine);
    }

    /// <summary>Starts another service beside this one, over the same database and the same folders.</summary>
    /// <param name="engine">What generates there.</param>
    public Task<HttpService> BesideAsync(ITextEngine engine) => HostAsync(engine);

    public Task<Answer> PostAsync(string body) => Http.PostAsync(
        "/v1/training-runs", body.Replace("MODEL", Model, StringComparison.Ordinal).Replace("DATASET", Dataset, StringComparison.Ordinal));

    public async Task<string> TrainAsync(string options = "{}", string method = "dpo") => (await PostAsync(
        $$"""{"method":"{{method}}","model":"MODEL","dataset":{"upload":"DATASET"},"options":{{options}},"seed":7,"name":"t"}"""))
        .ShouldBe(201).Id;

    public Task<Answer> GetAsync(string run) => Http.GetAsync($"/v1/training-runs/{run}");

    public Task<Answer> MoveAsync(string run, string action) => Http.PostAsync($"/v1/training-runs/{run}/{action}");

    public async Task<IReadOnlyList<int>> StepsAsync(string run) =>
        [.. (await Http.GetAsync($"/v1/training-runs/{run}/metrics")).ShouldBe(200).Lines.Select(l => l["step"]!.GetValue<int>())];

    /// <summary>What the process noted of itself: its id and when it started.</summary>
    public Task<string> NoteAsync(string run) => File.ReadAllTextAsync(Path.Combine(Folder, run, "trainer.pid"));

    public async Task<int> ProcessAsync(string run) => int.Parse((await NoteAsync(run)).Split(' ')[0], CultureInfo.InvariantCulture);

    public async Task<Answer> WaitAsync(string run, Func<Answer, bool> enough)
    {
        for (var tries = 0; tries < 1200; tries++)
        {
            var now = (await GetAsync(run)).ShouldBe(200);
            if (enough(now))
                return now;
            // What has ended goes nowhere else.
            if (now["status"].GetValue<string>() == "failed")
                break;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException((await GetAsync(run)).Text);
    }

    public Task<Answer> StatusAsync(string run, string status) => WaitAsync(run, now => now["status"].GetValue<string>() == status);

    public Task<Answer> StepAsync(string run, int step) => WaitAsync(run, now => now["step"].GetValue<int>() >= step);

    public async ValueTask DisposeAsync()
    {
        await Http.DisposeAsync();
        if (_engine is not null)
            await _engine.DisposeAsync();
        Directory.Delete(Models, recursive: true);
        Directory.Delete(Folder, recursive: true);
    }

    private async Task BeginAsync(string model, string pairs)
    {
        Http = await HostAsync(_engine);
        Model = (await Http.PostAsync("/v1/models", $$"""{"path":"{{model}}"}""")).ShouldBe(201).Id;
        Dataset = (await Http.PostAsync("/v1/datasets?format=trl-standard", pairs, "application/x-ndjson")).ShouldBe(201).Id;
    }

    private Task<HttpService> HostAsync(ITextEngine? engine) => HttpService.StartAsync(Database, engine, _benchmarks, [.. _settings]);
}
