using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;

namespace SPaR.Integration.Tests.Training;

/// <summary>A service whose training process is a script, with one registered model and one uploaded dataset.</summary>
internal sealed class TrainingService : IAsyncDisposable
{
    private const string Pairs =
        """
        {"prompt":"one","chosen":"a good answer","rejected":"a poor answer"}
        {"prompt":"two","chosen":"better than","rejected":"worse as"}
        """;

    private TrainingService(HttpService http, string database) => (Http, Database) = (http, database);

    public HttpService Http { get; }

    public string Database { get; }

    public string Model { get; private set; } = "";

    public string Dataset { get; private set; } = "";

    /// <summary>Holds the folders of training runs, and the files that tell the script what to do.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("spar-training-").FullName;

    public static async Task<TrainingService> StartAsync(PostgresFixture postgres)
    {
        var database = await postgres.MigratedDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("spar-training-").FullName;
        var service = new TrainingService(await HostAsync(database, folder), database) { Folder = folder };
        TinyGguf.Write(Path.Combine(service.Http.Models, "tiny.gguf"));
        service.Model = (await service.Http.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        service.Dataset = (await service.Http.PostAsync("/v1/datasets?format=trl-standard", Pairs, "application/x-ndjson")).ShouldBe(201).Id;
        return service;
    }
}
