using System.Text.Json.Nodes;
using Npgsql;

namespace SPaR.Integration.Tests.Http;

/// <summary>A service without a worker, over a database in which one of everything exists.</summary>
internal sealed class FilledService : IAsyncDisposable
{
    private FilledService(string database, HttpService service, IReadOnlyDictionary<string, string[]> ids, JsonNode document) =>
        (Database, Service, Ids, Document) = (database, service, ids, document);

    /// <summary>The connection string.</summary>
    public string Database { get; }

    public HttpService Service { get; }

    /// <summary>By the path that lists them.</summary>
    public IReadOnlyDictionary<string, string[]> Ids { get; }

    /// <summary>The OpenAPI document.</summary>
    public JsonNode Document { get; }

    /// <param name="pool">Of the service's connection string.</param>
    public static async Task<FilledService> StartAsync(PostgresFixture postgres, string pool = "", params string[] settings)
    {
        var database = await postgres.MigratedDatabaseAsync();
        Dictionary<string, string[]> ids;
        // A worker makes a run and two evaluations, and is gone: what the requests start stays queued.
        await using (var working = await HttpService.StartAsync(database, new ScriptedModel()))
            ids = await FillAsync(working);
        var service = await HttpService.StartAsync(
            $"{database};{pool}", null, ["--Logging:LogLevel:Default=Error", "--Live:WaitSeconds=0.1", .. settings]);
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        return new(database, service, ids, (await service.GetAsync("/swagger/v1/swagger.json")).ShouldBe(200).Json);
    }

    /// <returns>The key of <see cref="Ids"/> for an address: in OpenAI's part of the API the last word before the id.</returns>
    public static string ListOf(string path) => path.Split('/') is var parts && parts[1] == "openai"
        ? parts.TakeWhile(part => !part.StartsWith('{')).Last()
        : parts[2];

    /// <summary>The application name of what fills the database.</summary>
    public const string Filling = "filling";

    /// <summary>Copies rows of a table, so that a test needs no list of its columns.</summary>
    /// <param name="where">Which rows, of the alias t.</param>
    /// <param name="changes">SQL for each column that differs; g counts the copies from 1.</param>
    public async Task CopyAsync(string table, int copies, string where, params IEnumerable<(string Column, string Sql)> changes)
    {
        // Without those that the database computes.
        var columns = await ExecuteAsync(
            $"""
            SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
            WHERE table_schema = 'spar' AND table_name = '{table}' AND is_generated = 'NEVER'
            """);
        await ExecuteAsync(
            $"""
            INSERT INTO spar.{table} ({columns}) SELECT {columns} FROM (SELECT (jsonb_populate_record(
                t, jsonb_build_object({string.Join(", ", changes.Select(c => $"'{c.Column}', {c.Sql}"))}))).*
            FROM spar.{table} t, generate_series(1, {copies}) g WHERE {where}) AS copied
            """);
    }

    /// <returns>The first value of the result, if there is one.</returns>
    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"{Database};Pooling=false;Application Name={Filling}");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        return await command.ExecuteScalarAsync();
    }

    public ValueTask DisposeAsync() => Service.DisposeAsync();

    private static async Task<Dictionary<string, string[]>> FillAsync(HttpService service)
    {
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        Directory.CreateDirectory(Path.Combine(service.Models, "empty"));
        var model = (await service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        var set = (await service.PostAsync(
            "/v1/instruction-sets?name=a",
            """
            {"prompt":"one","constraints":[{"id":"punctuation:no_comma"}]}
            {"prompt":"two"}
            """, "application/x-ndjson")).ShouldBe(201).Id;
        var run = (await service.PostAsync("/v1/runs", new JsonObject { ["instruction_set"] = set, ["actor"] = model })).ShouldBe(201).Id;
        var data = (await service.PostAsync(
            "/v1/datasets?format=trl-standard", """{"prompt":"a","chosen":"b","rejected":"c"}""", "application/x-ndjson")).ShouldBe(201).Id;
        await service.WaitForRunAsync(run, status => status == "succeeded");
        string[] pairs = [.. (await service.GetAsync($"/v1/runs/{run}/pairs"))["data"].AsArray().Select(p => p!["id"]!.GetValue<string>())];
        var items = (await service.PostAsync("/v1/benchmarks/of-run", new JsonObject { ["run"] = run })).ShouldBe(201).Id;
        var evaluations = new[] { await EvaluateAsync(service, items, model), await EvaluateAsync(service, items, model) };
        var instructions = (await service.GetAsync($"/v1/instruction-sets/{set}/instructions"))["data"].AsArray();
        var training = new JsonObject { ["method"] = "dpo", ["model"] = model, ["dataset"] = new JsonObject { ["upload"] = data } };
        var trained = (await service.PostAsync("/v1/training-runs", training)).ShouldBe(201).Id;
        return new()
        {
            ["models"] = [model],
            ["instruction-sets"] = [set],
            ["instructions"] = [.. instructions.Select(i => i!["id"]!.GetValue<string>())],
            ["runs"] = [run],
            ["refinements"] = [(await service.PostAsync(
                "/v1/refinements", new JsonObject { ["model"] = model, ["prompt"] = "one" })).ShouldBe(200).Id],
            ["datasets"] = [data],
            ["pairs"] = pairs,
            ["lineage"] = pairs,
            ["benchmarks"] = [items],
            ["evaluations"] = evaluations,
            ["conversions"] = [(await service.PostAsync("/v1/conversions", """{"kind":"import","source":"empty"}""")).ShouldBe(201).Id],
            ["training-runs"] = [trained],
            // As OpenAI calls datasets and training runs.
            ["files"] = [data],
            ["jobs"] = [trained],
            ["webhooks"] = [(await service.PostAsync("/v1/webhooks", """{"url":"https://example.com"}""")).ShouldBe(201)["about"]["id"]!
                .GetValue<string>()],
            // Not the key that sends the requests: revoking it would end them.
            ["keys"] = [(await service.PostAsync("/v1/keys", """{"name":"b","scope":"read"}""")).ShouldBe(201)["about"]["id"]!
                .GetValue<string>()],
        };
    }

    private static async Task<string> EvaluateAsync(HttpService service, string items, string model)
    {
        var evaluation = (await service.PostAsync(
            "/v1/evaluations", new JsonObject { ["benchmark"] = "judge-agreement", ["data"] = items, ["model"] = model })).ShouldBe(201).Id;
        await Wait.UntilAsync(
            async () => (await service.GetAsync($"/v1/evaluations/{evaluation}"))["status"].GetValue<string>() == "succeeded");
        return evaluation;
    }
}
