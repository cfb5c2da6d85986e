using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Service.Storage;
using SPaR.Service.Webhooks;

namespace SPaR.Integration.Tests.Http;

public sealed class WebhookTests(PostgresFixture postgres)
{
    [Fact]
    public async Task What_happens_is_sent_signed_in_order_and_once()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var service = await StartAsync("--Webhooks:AllowPrivate=true");
        var request = new JsonObject { ["url"] = receiver.Url, ["events"] = new JsonArray("run.*") };
        var created = (await service.PostAsync("/v1/webhooks", request)).ShouldBe(201);
        var (id, secret) = (created["about"]["id"]!.GetValue<string>(), created["secret"].GetValue<string>());

        var run = await RunAsync(service);

        await Wait.UntilAsync(() => Task.FromResult(receiver.Received.Any(r => r.Type == "run.succeeded")), awaited: "the last event");
        receiver.Received.Select(r => r.Type).ShouldBe(
            ["run.queued", "run.stage", "run.running", "run.preflight", "run.stage", "run.succeeded"]);
        foreach (var (headers, body) in receiver.Received.Select(r => (r.Headers, r.Body)))
        {
            JsonNode.Parse(body)!["data"]!["id"]!.GetValue<string>().ShouldBe(run);
            headers["webhook-signature"].ShouldBe(WebhookSignature.Of(
                secret, headers["webhook-id"], long.Parse(headers["webhook-timestamp"]), body));
        }

        receiver.Received.Select(r => r.Headers["webhook-id"]).Distinct().Count().ShouldBe(6);
        var deliveries = (await service.GetAsync($"/v1/webhooks/{id}/deliveries"))["data"].AsArray();
        deliveries.Select(d => d!["state"]!.GetValue<string>()).ShouldAllBe(state => state == "delivered");
        (await service.GetAsync($"/v1/webhooks/{id}")).Text.ShouldNotContain(secret);
        (await service.DeleteAsync($"/v1/webhooks/{id}")).ShouldBe(204);
    }

    [Fact]
    public async Task A_failed_delivery_is_tried_again_with_the_same_id_and_a_410_ends_it()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var service = await StartAsync("--Webhooks:AllowPrivate=true");
        var id = (await service.PostAsync("/v1/webhooks", new JsonObject { ["url"] = receiver.Url }))["about"]["id"]!.GetValue<string>();
        receiver.Status = 503;
        (await service.PostAsync($"/v1/webhooks/{id}/test")).ShouldBe(202);
        await DeliveryAsync(service, id, "retrying");
        var failed = (await service.GetAsync($"/v1/webhooks/{id}/deliveries"))["data"][0]!;
        (failed["status"]!.GetValue<int>(), failed["attempts"]!.GetValue<int>()).ShouldBe((503, 1));
        failed["due_at"].ShouldNotBeNull();

        receiver.Status = 200;
        await using var db = await service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        await db.Database.ExecuteSqlAsync($"UPDATE spar.webhook_deliveries SET due_at = now() WHERE due_at IS NOT NULL");

        await DeliveryAsync(service, id, "delivered");
        receiver.Received.Select(r => r.Headers["webhook-id"]).Distinct().ShouldHaveSingleItem();
        receiver.Received.Select(r => r.Type).Distinct().ShouldBe(["webhook.test"]);
        receiver.Status = 410;
        (await service.PostAsync($"/v1/webhooks/{id}/test")).ShouldBe(202);
        await Wait.UntilAsync(
            async () => (await service.GetAsync($"/v1/webhooks/{id}"))["disabled"] is not null, awaited: "the end of the webhook");
    }

    [Fact]
    public async Task What_happens_while_a_slow_receiver_answers_is_sent_once()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Wait = TimeSpan.FromSeconds(1);
        await using var service = await StartAsync("--Webhooks:AllowPrivate=true");
        var id = (await service.PostAsync("/v1/webhooks", new JsonObject { ["url"] = receiver.Url }))["about"]["id"]!.GetValue<string>();
        for (var test = 0; test < 4; test++)
        {
            (await service.PostAsync($"/v1/webhooks/{id}/test")).ShouldBe(202);
            var sent = test;
            // While one event is being sent, a job is queued for the next.
            await Wait.UntilAsync(() => Task.FromResult(receiver.Received.Count > 0 || sent > 0));
        }

        await Wait.UntilAsync(
            async () => (await service.GetAsync($"/v1/webhooks/{id}/deliveries"))["data"].AsArray()
                .Count(d => d!["state"]!.GetValue<string>() == "delivered") == 4, awaited: "four deliveries");
        receiver.Received.Count.ShouldBe(4);
        receiver.Received.Select(r => r.Headers["webhook-id"]).Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_in_time_is_tried_again()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Wait = TimeSpan.FromSeconds(3);
        await using var service = await StartAsync("--Webhooks:AllowPrivate=true", "--Webhooks:TimeoutSeconds=1");
        var id = (await service.PostAsync("/v1/webhooks", new JsonObject { ["url"] = receiver.Url }))["about"]["id"]!.GetValue<string>();

        (await service.PostAsync($"/v1/webhooks/{id}/test")).ShouldBe(202);

        await DeliveryAsync(service, id, "retrying");
        var delivery = (await service.GetAsync($"/v1/webhooks/{id}/deliveries"))["data"][0]!;
        delivery["status"].ShouldBeNull();
        delivery["error"]!.GetValue<string>().ShouldContain("1 second");
    }

    [Fact]
    public async Task Old_events_and_deliveries_are_deleted_and_a_look_passes_over_what_no_webhook_wants()
    {
        var database = await postgres.MigratedDatabaseAsync();
        await using (var first = await HttpService.StartAsync(database))
        {
            await first.PostAsync("/v1/webhooks", """{"url":"https://example.com","events":["training.*"]}""");
            await using var db = await first.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO spar.events (subject, type, data, created_at)
                SELECT 'run_1', 'run.stage', jsonb_build_object(), now() - make_interval(days => i % 2 * 100, hours => 1)
                FROM generate_series(1, 1200) i;
                INSERT INTO spar.webhook_deliveries (webhook_id, event_id, type, state, attempts, updated_at)
                SELECT id, n, 'run.stage', 'delivered', 1, now() - make_interval(days => n * 100) FROM spar.webhooks, generate_series(0, 1) n
                """);
        }

        await using var service = await HttpService.StartAsync(database, new ScriptedModel());

        await using var now = await service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        await Wait.UntilAsync(
            async () => await now.Database.SqlQuery<bool>(
                $"""
                SELECT (SELECT count(*) FROM spar.events) = 600 AND (SELECT count(*) FROM spar.webhook_deliveries) = 1
                    AND (SELECT after FROM spar.webhooks) > 500 AS "Value"
                """).SingleAsync(),
            awaited: "the sweeps and a look");
    }

    [Theory]
    [InlineData("""{"url":"http://127.0.0.1/x"}""", "url")]
    [InlineData("""{"url":"ftp://example.com"}""", "url")]
    [InlineData("""{"url":"https://example.com","events":[]}""", "events")]
    [InlineData("""{"url":"https://example.com","events":["run.*","Run'; --"]}""", "events[1]")]
    [InlineData("""{"url":"https://example.com","name":""}""", "name")]
    public async Task A_bad_webhook_is_refused_by_field(string body, string field)
    {
        await using var service = await StartAsync();

        (await service.PostAsync("/v1/webhooks", body)).ShouldBeProblem(422, "invalid-webhook", field);
        (await service.GetAsync("/v1/webhooks"))["data"].AsArray().ShouldBeEmpty();
    }

    private async Task<HttpService> StartAsync(params string[] settings)
    {
        var service = await HttpService.StartAsync(await postgres.MigratedDatabaseAsync(), new ScriptedModel(), settings);
        TinyGguf.Write(Path.Combine(service.Models, "tiny.gguf"));
        return service;
    }

    private static async Task<string> RunAsync(HttpService service)
    {
        var model = (await service.PostAsync("/v1/models", """{"path":"tiny.gguf"}""")).ShouldBe(201).Id;
        var set = (await service.PostAsync("/v1/instruction-sets", """{"name":"s","instructions":[{"prompt":"one"}]}""")).Id;
        var run = (await service.PostAsync("/v1/runs", new JsonObject { ["instruction_set"] = set, ["actor"] = model })).ShouldBe(201).Id;
        await service.WaitForRunAsync(run, status => status == "succeeded");
        return run;
    }

    private static Task DeliveryAsync(HttpService service, string webhook, string state) => Wait.UntilAsync(
        async () => (await service.GetAsync($"/v1/webhooks/{webhook}/deliveries"))["data"].AsArray() is [{ } delivery]
            && delivery["state"]!.GetValue<string>() == state,
        awaited: $"a delivery that is {state}");

    /// <summary>Notes what it is sent.</summary>
    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(Dictionary<string, string> Headers, string Body)> _received = [];

        public string Url => $"{app.Urls.Single()}/hook";

        public int Status { get; set; } = 200;

        /// <summary>Before it answers.</summary>
        public TimeSpan Wait { get; set; }

        public IReadOnlyList<(string Type, Dictionary<string, string> Headers, string Body)> Received =>
            [.. _received.Select(r => (JsonNode.Parse(r.Body)!["type"]!.GetValue<string>(), r.Headers, r.Body))];

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
            var receiver = new Receiver(builder.Build());
            await receiver.StartAsync(CancellationToken.None);
            return receiver;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private Task StartAsync(CancellationToken cancellationToken)
        {
            app.MapPost("/hook", async (HttpRequest request) =>
            {
                using var reader = new StreamReader(request.Body);
                _received.Enqueue(
                    (request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => $"{h.Value}"), await reader.ReadToEndAsync()));
                await Task.Delay(Wait, request.HttpContext.RequestAborted);
                return Results.StatusCode(Status);
            });
            return app.StartAsync(cancellationToken);
        }
    }
}
