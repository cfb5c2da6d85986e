using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using SPaR.Tests;

namespace SPaR.Integration.Tests.Http;

public sealed class ServiceTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Document = "src/SPaR.Client/openapi.json";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private string _database = "";
    private HttpService _service = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.MigratedDatabaseAsync();
        _service = await HttpService.StartAsync(_database);
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task It_is_live_and_ready()
    {
        (await _service.GetAsync("/health/live")).ShouldBe(200)["status"].GetValue<string>().ShouldBe("live");
        (await _service.GetAsync("/health/ready")).ShouldBe(200)["status"].GetValue<string>().ShouldBe("ready");
    }

    [Fact]
    public async Task Without_its_database_it_is_live_and_says_what_is_missing()
    {
        await DropAsync();

        (await _service.GetAsync("/health/live")).ShouldBe(200);
        (await _service.GetAsync("/health/ready")).ShouldBe(503).Saying("ConnectionStrings:Spar");
        (await _service.GetAsync("/v1/runs")).ShouldBeProblem(503, "database-unavailable").Saying("./spar up");
        (await _service.PostAsync("/v1/instruction-sets?name=a", """{"prompt":"a"}""", "application/x-ndjson"))
            .ShouldBeProblem(503, "database-unavailable");
    }

    [Fact]
    public async Task An_unmigrated_database_is_not_ready()
    {
        await ExecuteAsync(_database, "DELETE FROM spar.\"__EFMigrationsHistory\"");

        (await _service.GetAsync("/health/ready")).ShouldBe(503).Saying("is not applied");
    }

    [Fact]
    public async Task The_root_is_a_page_with_links()
    {
        var page = (await _service.GetAsync("/")).ShouldBe(200);

        page.Type.ShouldBe("text/html");
        page.Saying("/swagger").Saying("/health").Saying("/v1/runs");
    }

    [Fact]
    public async Task Other_host_names_are_refused_against_dns_rebinding()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/runs") { Headers = { Host = "evil.example" } };

        ((int)(await _service.Client.SendAsync(request)).StatusCode).ShouldBe(400);
    }

    [Fact]
    public async Task Recipes_and_prompt_sets_are_listed_resolved()
    {
        var recipes = (await _service.GetAsync("/v1/recipes"))["recipes"].AsArray();

        recipes.Select(r => r!["name"]!.GetValue<string>()).ShouldContain("reference");
        recipes[0]!["refine"]!["strategy"]!.GetValue<string>().ShouldBe("bfs");
        (await _service.GetAsync("/v1/prompt-sets"))["prompt_sets"][0]!["judge"]![0]!["content"]!.GetValue<string>()
            .ShouldContain("{response}");
    }

    /// <summary>The client is generated from the document, so there is one copy of it.</summary>
    [Fact]
    public async Task The_openapi_document_is_as_reviewed()
    {
        var json = JsonNode.Parse((await _service.GetAsync("/swagger/v1/swagger.json")).ShouldBe(200).Text)!;
        var document = json.ToJsonString(Indented) + "\n";
        var received = Path.Combine(AppContext.BaseDirectory, "openapi.json.received");
        var reviewed = Repository.Read(Document);

        if (document != reviewed)
            await File.WriteAllTextAsync(received, document);
        (document == reviewed).ShouldBeTrue($"Review {received} and put it in place of {Document}.");
    }

    private Task DropAsync()
    {
        var database = new NpgsqlConnectionStringBuilder(_database);
        var name = database.Database;
        database.Database = "postgres";
        return ExecuteAsync(database.ConnectionString, $"DROP DATABASE {name} WITH (FORCE)");
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
