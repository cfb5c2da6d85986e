using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Integration.Tests.Http;
using SPaR.Service.Http;

namespace SPaR.Integration.Tests.Idempotency;

/// <summary>Every route that takes an Idempotency-Key, also when its answer is lost after the commit.</summary>
public sealed class IdempotentRoutesTests(PostgresFixture postgres)
{
    /// <summary>POST routes without the header, each for a reason.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["/v1/runs/estimate"] = "changes nothing",
        ["/v1/refinements"] = "lasts as long as its client waits",
        ["/openai/v1/chat/completions"] = "lasts as long as its client waits",
    };

    [Fact]
    public async Task Every_post_takes_a_key_or_is_a_listed_exception()
    {
        await using var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync());
        var posts = service.Parts.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("POST") is true
                && e.RoutePattern.RawText!.Contains("/v1", StringComparison.Ordinal)).ToList();

        posts.Count.ShouldBeGreaterThan(35);
        posts.Where(e => e.Metadata.GetMetadata<IdempotentEndpoint>() is null).Select(e => e.RoutePattern.RawText!.TrimEnd('/'))
            .ShouldBe(Exceptions.Keys, ignoreOrder: true);
        var names = service.Parts.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName).ToList();
        foreach (var shown in posts.Select(e => e.Metadata.GetMetadata<IdempotentEndpoint>()?.ShownBy).OfType<string>())
            names.ShouldContain(shown);
    }

    /// <summary>A transaction has no id before it changes something: the row would be its first change if it were not in the transaction
    /// of what it belongs to.</summary>
    private const string Watch =
        """
        CREATE TABLE foreseen (answer boolean);
        CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF pg_current_xact_id_if_assigned() IS NULL THEN RAISE EXCEPTION 'the row is in a transaction of its own'; END IF;
            INSERT INTO foreseen VALUES (NEW.answer IS NOT NULL);
            RETURN NEW;
        END $$;
        CREATE TRIGGER watch BEFORE INSERT ON spar.idempotent_requests FOR EACH ROW EXECUTE FUNCTION watch();
        """;

    [Fact]
    public async Task The_row_is_committed_with_the_change_and_a_lost_answer_is_found_again()
    {
        await using var world = await FilledService.StartAsync(postgres);
        await world.ExecuteAsync(Watch);
        var (set, model, data) = (world.Ids["instruction-sets"][0], world.Ids["models"][0], world.Ids["datasets"][0]);
        var posts = new LosingClient(world);

        var run = await posts.SendAsync("/v1/runs", $$"""{"instruction_set":"{{set}}","actor":"{{model}}"}""");
        foreach (var move in (string[])["pause", "resume", "cancel"])
            await posts.SendAsync($"/v1/runs/{run}/{move}");
        await world.ExecuteAsync($"UPDATE spar.runs SET status = 'failed' WHERE id = '{run}'");
        await posts.SendAsync($"/v1/runs/{run}/retry");
        var training = await posts.SendAsync(
            "/v1/training-runs", $$$"""{"method":"dpo","model":"{{{model}}}","dataset":{"upload":"{{{data}}}"}}""");
        foreach (var move in (string[])["pause", "resume", "cancel"])
            await posts.SendAsync($"/v1/training-runs/{training}/{move}");
        await world.ExecuteAsync($"UPDATE spar.training_runs SET status = 'failed' WHERE id = '{training}'");
        await posts.SendAsync($"/v1/training-runs/{training}/retry");
        await world.ExecuteAsync($"UPDATE spar.training_runs SET machine = 'lost', folder_id = 'f' WHERE id = '{training}'");
        await posts.SendAsync($"/v1/training-runs/{training}/release");
        var evaluation = await posts.SendAsync(
            "/v1/evaluations", $$"""{"benchmark":"judge-agreement","data":"{{world.Ids["benchmarks"][0]}}","model":"{{model}}"}""");
        foreach (var move in (string[])["pause", "resume", "cancel"])
            await posts.SendAsync($"/v1/evaluations/{evaluation}/{move}");
        await world.ExecuteAsync($"UPDATE spar.evaluations SET status = 'failed' WHERE id = '{evaluation}'");
        await posts.SendAsync($"/v1/evaluations/{evaluation}/retry");
        Directory.CreateDirectory(Path.Combine(world.Service.Models, "empty"));
        var conversion = await posts.SendAsync("/v1/conversions", """{"kind":"import","source":"empty"}""");
        await posts.SendAsync($"/v1/conversions/{conversion}/cancel");
        await world.ExecuteAsync($"UPDATE spar.conversions SET status = 'failed' WHERE id = '{conversion}'");
        await posts.SendAsync($"/v1/conversions/{conversion}/retry");
        await posts.SendAsync("/v1/models", """{"path":"tiny.gguf","template":"llama3"}""");
        await posts.SendAsync(
            "/v1/models/file?path=sent.gguf", await File.ReadAllBytesAsync(Path.Combine(world.Service.Models, "tiny.gguf")));
        await posts.SendAsync("/v1/instruction-sets", """{"name":"b","instructions":[{"prompt":"one"}]}""");
        await posts.SendAsync($"/v1/instruction-sets/{set}/instructions", """{"prompt":"three"}""");
        await posts.SendAsync("/v1/datasets?format=trl-standard", """{"prompt":"a","chosen":"b","rejected":"c"}""");
        await posts.SendAsync("/v1/datasets/from-runs", $$"""{"name":"frozen","runs":["{{world.Ids["runs"][0]}}"]}""");
        await posts.SendAsync("/v1/benchmarks/of-run", $$"""{"run":"{{world.Ids["runs"][0]}}"}""");
        await posts.SendAsync(
            "/v1/benchmarks?benchmark=ifeval",
            """{"key":1,"prompt":"Use no commas.","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}""");
        await posts.SendAsync("/v1/webhooks", """{"url":"https://example.com"}""");
        await posts.SendAsync($"/v1/webhooks/{world.Ids["webhooks"][0]}/test");
        var key = await posts.SendAsync("/v1/keys", """{"name":"c","scope":"read"}""");
        await posts.SendAsync($"/v1/keys/{key}/revoke");
        await world.ExecuteAsync("UPDATE spar.live_requests SET status = 'running'");
        await posts.SendAsync($"/v1/refinements/{world.Ids["refinements"][0]}/cancel");
        var job = await posts.SendAsync(
            "/openai/v1/fine_tuning/jobs", $$$"""{"model":"{{{model}}}","training_file":"{{{data}}}","method":{"type":"dpo"}}""");
        foreach (var move in (string[])["pause", "resume", "cancel"])
            await posts.SendAsync($"/openai/v1/fine_tuning/jobs/{job}/{move}");
        await posts.SendAsync("/openai/v1/files", MultipartFile());
    }

    private static byte[] MultipartFile() => Encoding.UTF8.GetBytes(
        """
        --b
        Content-Disposition: form-data; name="purpose"

        fine-tune
        --b
        Content-Disposition: form-data; name="file"; filename="a.jsonl"

        {"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"}]}
        --b--

        """.ReplaceLineEndings("\r\n"));

    /// <summary>Sends each request twice, the second time after what was stored of the first answer is gone.</summary>
    private sealed class LosingClient(FilledService world)
    {
        public Task<string> SendAsync(string path, string body = "") => SendAsync(path, Encoding.UTF8.GetBytes(body));

        /// <returns>The id in the answer.</returns>
        public async Task<string> SendAsync(string path, byte[] body)
        {
            await world.ExecuteAsync("DELETE FROM spar.idempotent_requests; DELETE FROM foreseen");
            var first = await PostAsync(path, body);
            first.Status.ShouldBeInRange(200, 202, $"{path}: {first.Text}");
            await world.ExecuteAsync("UPDATE spar.idempotent_requests SET answer = NULL WHERE NOT (SELECT answer FROM foreseen)");

            var again = await PostAsync(path, body);

            again.Status.ShouldBe(first.Status, $"{path}: {again.Text}");
            again.Headers["Idempotency-Replayed"].ShouldBe("true", path);
            again.Headers.GetValueOrDefault("Location").ShouldBe(first.Headers.GetValueOrDefault("Location"), path);
            IdIn(again).ShouldBe(IdIn(first), path);
            (await PostAsync(path, body)).Text.ShouldBe(again.Text, path);
            return IdIn(first);
        }

        private static string IdIn(Answer answer) => answer.Text.Length == 0
            ? ""
            : (answer.Json["id"] ?? answer.Json["about"]?["id"] ?? answer.Json["set"]?["id"])!.GetValue<string>();

        private Task<Answer> PostAsync(string path, byte[] body)
        {
            var content = body.Length == 0 ? null : new ByteArrayContent(body);
            content?.Headers.TryAddWithoutValidation("Content-Type", path switch
            {
                "/openai/v1/files" => "multipart/form-data; boundary=b",
                "/v1/models/file?path=sent.gguf" => "application/octet-stream",
                _ => "application/json",
            });
            return world.Service.SendAsync(HttpMethod.Post, path, content, ("Idempotency-Key", path));
        }
    }
}
