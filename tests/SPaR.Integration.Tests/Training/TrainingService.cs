using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Training;

/// <summary>A service whose training process is a script, with one registered model and one uploaded dataset.</summary>
internal sealed class TrainingService : IAsyncDisposable
{
    private const string Pairs =
        """
        {"prompt":"one","chosen":"a good answer","rejected":"a bad answer"}
        {"prompt":"two","chosen":"better than","rejected":"worse as"}
        """;

    private readonly string _database;
    private readonly string _models = Directory.CreateTempSubdirectory("spar-models-").FullName;

    private TrainingService(string database) => _database = database;

    public HttpService Http { get; private set; } = null!;

    public string Model { get; private set; } = "";

    public string Dataset { get; private set; } = "";

    /// <summary>Holds the folders of training runs, and the files that tell the script what to do.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("spar-training-").FullName;

    public string Models => _models;

    /// <param name="told">Files that tell the script what to do.</param>
    public static async Task<TrainingService> StartAsync(PostgresFixture postgres, params string[] told)
    {
        var service = new TrainingService(await postgres.MigratedDatabaseAsync());
        foreach (var file in told)
            await File.WriteAllTextAsync(Path.Combine(service.Folder, file), "");
        TinyGguf.Write(Path.Combine(service._models, "tiny.gguf"));
        service.Http = await service.HostAsync();
        service.Model = (await service.Http.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        service.Dataset = (await service.Http.PostAsync("/v1/datasets?format=trl-standard", Pairs, "application/x-ndjson")).ShouldBe(201).Id;
        return service;
    }

    /// <summary>Ends the service and starts it again; training processes run on.</summary>
    public async Task RestartAsync()
    {
        await Http.DisposeAsync();
        Http = await HostAsync();
    }

    public Task<Answer> PostAsync(string body) => Http.PostAsync(
        "/v1/training-runs",
        body.Replace("MODEL", Model, StringComparison.Ordinal).Replace("DATASET", Dataset, StringComparison.Ordinal));

    public async Task<string> TrainAsync(string options = "{}") => (await PostAsync(
        $$"""{"method":"dpo","model":"MODEL","dataset":{"upload":"DATASET"},"options":{{options}},"seed":7,"name":"t"}""")).ShouldBe(201).Id;

    public Task<Answer> GetAsync(string run) => Http.GetAsync($"/v1/training-runs/{run}");

    public async Task<Answer> WaitAsync(string run, Func<Answer, bool> enough)
    {
        for (var tries = 0; tries < 400; tries++)
        {
            var now = (await GetAsync(run)).ShouldBe(200);
            if (enough(now))
                return now;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException((await GetAsync(run)).Text);
    }

    public Task<Answer> StatusAsync(string run, string status) => WaitAsync(run, now => now["status"].GetValue<string>() == status);

    public async ValueTask DisposeAsync()
    {
        await Http.DisposeAsync();
        Directory.Delete(_models, recursive: true);
        Directory.Delete(Folder, recursive: true);
    }

    private Task<HttpService> HostAsync() => HttpService.StartAsync(
        _database, new ScriptedModel(), $"--Models:Folder={_models}", $"--Training:Folder={Folder}", "--Training:Concurrent=4",
        "--Training:Command:0=sh", $"--Training:Command:1={Path.Combine(AppContext.BaseDirectory, "Training", "fake-trainer.sh")}");
}
