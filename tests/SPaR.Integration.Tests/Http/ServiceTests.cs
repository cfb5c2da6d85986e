using System.Text.Json.Nodes;
using Npgsql;

namespace SPaR.Integration.Tests.Http;

public sealed class ServiceTests(PostgresFixture postgres) : IAsyncLifetime
{
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

    [Fact]
    public async Task The_openapi_document_is_as_reviewed()
    {
        var json = JsonNode.Parse((await _service.GetAsync("/swagger/v1/swagger.json")).ShouldBe(200).Text)!;
        RemoveProse(json);
        var document = json.ToJsonString(new() { WriteIndented = true });
        var snapshot = Path.Combine(AppContext.BaseDirectory, "Http", "openapi.snap");

        if (document != (File.Exists(snapshot) ? await File.ReadAllTextAsync(snapshot) : ""))
            await File.WriteAllTextAsync(snapshot + ".received", document);
        document.ShouldBe(await File.ReadAllTextAsync(snapshot), $"Review {snapshot}.received and put it in place of openapi.snap.");
    }

    /// <summary>The snapshot holds paths, codes and schemas; descriptions are not part of it.</summary>
    private static void RemoveProse(JsonNode? node)
    {
        if (node is JsonObject obj)
            foreach (var (name, value) in obj.ToList())
            {
                if (name is "summary" or "description" && value is JsonValue)
                    obj.Remove(name);
                else
                    RemoveProse(value);
            }
        else if (node is JsonArray array)
            foreach (var item in array)
                RemoveProse(item);
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
