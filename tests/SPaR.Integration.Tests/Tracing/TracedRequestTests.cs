using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Tracing;

/// <summary>A trace from the client through the API's process and the worker's, with the real tiny model.</summary>
public sealed class TracedRequestTests(PostgresFixture postgres)
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Client = "b7ad6b7169203331",
        RunTrace = "1af7651916cd43dd8448eb211c80319d";

    [Fact]
    public async Task A_refinement_is_one_trace_through_both_processes_and_a_run_is_linked()
    {
        await using var collector = await Collector.StartAsync();
        var database = await postgres.MigratedDatabaseAsync();
        await using var service = await HttpService.StartAsync(database, null, collector.Settings);
        File.Copy(MicroModel.Path, Path.Combine(service.Models, MicroModel.FileName));
        var model = (await service.PostAsync("/v1/models", $$"""{"path":"{{MicroModel.FileName}}"}""")).ShouldBe(201).Id;
        using var worker = Work(service, database, collector);
        try
        {
            var recipe = JsonNode.Parse(MicroModel.ReadRecipe())!;
            foreach (var part in (string[])["train", "evaluate", "rollback", "instructions_per_round"])
                recipe.AsObject().Remove(part);
            recipe["refine"]!["budget"] = 4;
            var asked = new JsonObject
            {
                ["model"] = model,
                ["prompt"] = "write about sea ; start with soon ; end with lake ;",
                ["recipe"] = recipe,
            };
            (await service.SendAsync(
                HttpMethod.Post, "/v1/refinements", JsonContent.Create(asked), ("traceparent", $"00-{Trace}-{Client}-01"))).ShouldBe(200);

            await Wait.UntilAsync(() => Of(collector, "instruction").Any() && Of(collector, "POST /v1/refinements").Any());
            var server = Of(collector, "POST /v1/refinements").Single();
            (server.Service, server.Parent).ShouldBe(("spar-api", Client));
            var instruction = Of(collector, "instruction").Single();
            (instruction.Service, instruction.Parent).ShouldBe(("spar-worker", server.Id));
            Of(collector, "sample").Single().Parent.ShouldBe(instruction.Id);
            Of(collector, "judge").ShouldNotBeEmpty();
            Of(collector, $"chat {MicroModel.FileName}").Count().ShouldBeGreaterThan(1);
            Of(collector, $"chat {MicroModel.FileName}").ShouldAllBe(s => s.Service == "spar-worker");
            Of(collector, $"chat {MicroModel.FileName}").ShouldAllBe(s => s.Attributes.Contains("gen_ai.input.messages"));
            await RunAsync(service, model, recipe);
            await Wait.UntilAsync(() => collector.Spans.Any(s => s.Name == "instruction" && s.Links.Contains(RunTrace)));
            var own = collector.Spans.First(s => s.Name == "instruction" && s.Links.Contains(RunTrace));
            (own.Trace == RunTrace, own.Parent).ShouldBe((false, ""));
            collector.Logs.ShouldNotBeEmpty();
        }
        finally
        {
            worker.Kill(entireProcessTree: true);
            await worker.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task RunAsync(HttpService service, string model, JsonNode recipe)
    {
        var set = (await service.PostAsync(
            "/v1/instruction-sets?name=a", """{"prompt":"write about sea ;"}""", "application/x-ndjson")).ShouldBe(201).Id;
        var run = new JsonObject { ["instruction_set"] = set, ["actor"] = model, ["recipe"] = recipe.DeepClone() };
        var started = (await service.SendAsync(
            HttpMethod.Post, "/v1/runs", JsonContent.Create(run), ("traceparent", $"00-{RunTrace}-{Client}-01"))).ShouldBe(201);
        await service.WaitForRunAsync(started.Id, status => status is "succeeded" or "failed");
    }

    private static IEnumerable<CollectedSpan> Of(Collector collector, string name) =>
        collector.Spans.Where(s => s.Trace == Trace && s.Name.TrimEnd('/') == name);

    private static Process Work(HttpService service, string database, Collector collector) => Process.Start(new ProcessStartInfo(
        "dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "worker", $"--ConnectionStrings:Spar={database}",
            $"--Models:Folder={service.Models}", "--OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",
            .. collector.Settings,
        ])
    { WorkingDirectory = service.Models })!;
}
