using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SPaR.Service.Runs;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Http;

/// <summary>What a run would take, what it took, and what is said of one that stands still.</summary>
public sealed class RunPlanTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly HttpService _service = shared.Service;

    [Theory]
    [InlineData("""{"preview":0}""", "preview")]
    [InlineData("""{"preview":201}""", "preview")]
    [InlineData("""{"stall_seconds":59}""", "stall_seconds")]
    [InlineData("""{"target":{"pairs":0}}""", "target.pairs")]
    [InlineData("""{"target":{"tokens":-1,"seconds":0}}""", "target.seconds", "target.tokens")]
    [InlineData("""{"target":{"cost":5}}""", "target.prices")]
    [InlineData("""{"target":{"cost":5,"prices":{"hour":-1}}}""", "target.prices")]
    public async Task A_bad_number_is_refused_by_field_in_a_run_and_in_its_estimate(string body, params string[] fields)
    {
        var request = await RequestAsync(JsonNode.Parse(body)!.AsObject());

        (await _service.PostAsync("/v1/runs", request)).ShouldBeProblem(422, "invalid-run", fields);
        (await _service.PostAsync("/v1/runs/estimate", request)).ShouldBeProblem(422, "invalid-run", fields);
    }

    [Fact]
    public async Task A_preview_is_a_run_that_trains_nothing_and_an_estimate_follows_it()
    {
        var request = await RequestAsync(new(), instructions: 12);
        var before = (await _service.PostAsync("/v1/runs/estimate", request)).ShouldBe(200);
        before["instructions"].GetValue<int>().ShouldBe(12);
        before["most"]["generations"]!["sample"]!.GetValue<double>().ShouldBe(60);
        before["memory"].AsArray().ShouldHaveSingleItem()!["roles"]!.AsArray().Count.ShouldBe(3);
        before["memory"][0]!["bytes"]!.GetValue<long>().ShouldBePositive();
        before["training"].AsArray().ShouldBeEmpty("the recipe has no train");

        request["preview"] = 10;
        request["rounds"] = 3;
        request["recipe"] = JsonNode.Parse("""{"train":{}}""");
        var preview = (await _service.PostAsync("/v1/runs", request)).ShouldBe(201);
        (preview["preview"].GetValue<int>(), preview["round_count"].GetValue<int>()).ShouldBe((10, 1));
        preview["recipe"]["train"].ShouldBeNull();
        var ended = await _service.WaitForRunAsync(preview.Id, status => status == "succeeded");
        ended["progress"]["total"]!.GetValue<int>().ShouldBe(10);
        var cost = ended["cost"];
        cost["generations"]!["sample"]!.GetValue<int>().ShouldBe(50);
        cost["tokens"]!["all"]!.GetValue<long>().ShouldBe(ended["tokens"]["generated"]!.GetValue<long>());
        cost["per_pair"]!["generations"]!.GetValue<double>().ShouldBe(
            Math.Round(cost["generations"]!["all"]!.GetValue<double>() / ended["pairs"]["count"]!.GetValue<int>(), 3));

        request.Remove("preview");
        var after = (await _service.PostAsync("/v1/runs/estimate", request)).ShouldBe(200);
        after["basis"].GetValue<string>().ShouldBe(preview.Id);
        after["expected"]["generations"]!["sample"]!.GetValue<double>().ShouldBe(180);
        after["expected"]["pairs"]!.GetValue<double>().ShouldBePositive();
    }

    [Fact]
    public async Task An_estimate_has_the_memory_and_the_steps_of_each_training()
    {
        File.Copy(MicroWorld.MicroModel.Path, Path.Combine(_service.Models, "micro.gguf"));
        var micro = (await _service.PostAsync("/v1/models", """{"path":"micro.gguf","name":"micro"}""")).ShouldBe(201).Id;
        var request = await RequestAsync(new(), instructions: 12);
        (request["actor"], request["rounds"]) = (micro, 2);
        request["recipe"] = JsonNode.Parse("""
            {"train":{"actor":{"batch_size":4,"num_train_epochs":2,"val_size":0.25,"threads":2},
             "refiner":{"max_length":131072,"batch_size":4096,"micro_batch_size":4096,"threads":1}}, "instructions_per_round":6}
            """);

        var training = (await _service.PostAsync("/v1/runs/estimate", request)).ShouldBe(200)["training"].AsArray();

        training.Select(t => t!["role"]!.GetValue<string>()).ShouldBe(["actor", "refiner"]);
        var actor = training[0]!;
        // 6 pairs, of which 4 are trained on.
        actor["most_steps"]!.GetValue<int>().ShouldBe(2);
        actor["expected_steps"].ShouldBeNull("there is no run to follow");
        actor["memory"]!["fits"]!.GetValue<bool>().ShouldBeTrue();
        actor["memory"]!["problem"].ShouldBeNull();
        var parts = new[] { "process", "weights", "adapters", "gradients", "optimiser", "activations", "converted" };
        actor["memory"]!["bytes"]!.GetValue<long>().ShouldBe(parts.Sum(part => actor["memory"]![part]!.GetValue<long>()));
        actor["memory"]!["gradients"]!.GetValue<long>().ShouldBe(2 * actor["memory"]!["weights"]!.GetValue<long>(), "one for each thread");
        var refiner = training[1]!["memory"]!;
        refiner["fits"]!.GetValue<bool>().ShouldBeFalse();
        refiner["problem"]!.GetValue<string>().ShouldContain("It would fit with ");
    }

    [Fact]
    public async Task An_estimate_says_which_model_has_lost_its_file()
    {
        TinyGguf.Write(Path.Combine(_service.Models, "lost.gguf"));
        var request = await RequestAsync(new());
        request["refiner"] = (await _service.PostAsync("/v1/models", """{"path":"lost.gguf","name":"lost"}""")).ShouldBe(201).Id;
        File.Delete(Path.Combine(_service.Models, "lost.gguf"));

        var memory = (await _service.PostAsync("/v1/runs/estimate", request)).ShouldBe(200)["memory"].AsArray();

        memory.Single(m => m!["problem"] is null)!["roles"]!.AsArray().Select(r => r!.GetValue<string>()).ShouldBe(["actor"]);
        var lost = memory.Single(m => m!["problem"] is not null)!;
        lost["bytes"].ShouldBeNull();
        lost["problem"]!.GetValue<string>().ShouldContain("lost.gguf");
    }

    [Fact]
    public async Task A_run_that_stands_still_is_reported_with_why_and_once()
    {
        var gate = new TaskCompletionSource();
        shared.Engine.Gate = gate.Task;
        try
        {
            var run = (await _service.PostAsync("/v1/runs", await RequestAsync(new() { ["stall_seconds"] = 60 }))).ShouldBe(201).Id;
            await Wait.UntilAsync(
                async () => (await _service.GetAsync($"/v1/runs/{run}"))["now"]?["activity"] is not null, awaited: "a worker's report");
            (await _service.GetAsync($"/v1/runs/{run}"))["stalled"].ShouldBeNull();
            await using var db = await _service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
            await db.Database.ExecuteSqlAsync(
                $"""
                UPDATE spar.runs SET created_at = created_at - interval '2 minutes', started_at = started_at - interval '2 minutes'
                WHERE id = {run}
                """);
            await db.Database.ExecuteSqlAsync(
                $"UPDATE spar.run_rounds SET stage_at = stage_at - interval '2 minutes' WHERE run_id = {run}");
            await db.Database.ExecuteSqlAsync(
                $"UPDATE spar.events SET created_at = created_at - interval '2 minutes' WHERE subject = {run}");
            var scan = _service.Parts.GetServices<IHostedService>().OfType<StallScan>().Single();

            await scan.ScanAsync(default);
            await scan.ScanAsync(default);

            var stalled = (await _service.GetAsync($"/v1/runs/{run}"))["stalled"];
            stalled["code"]!.GetValue<string>().ShouldBe("no-output");
            (await _service.GetAsync($"/v1/runs/{run}/events"))["data"].AsArray()
                .Where(e => e!["type"]!.GetValue<string>() == "run.stalled").ShouldHaveSingleItem()!["data"]!["code"]!
                .GetValue<string>().ShouldBe("no-output");
            (await _service.PostAsync($"/v1/runs/{run}/cancel")).ShouldBe(200);
        }
        finally
        {
            gate.SetResult();
        }
    }

    private async Task<JsonObject> RequestAsync(JsonObject request, int instructions = 3)
    {
        var prompts = new JsonArray([.. Enumerable.Range(0, instructions).Select(i => new JsonObject { ["prompt"] = $"number {i}" })]);
        request["instruction_set"] = (await _service.PostAsync(
            "/v1/instruction-sets", new JsonObject { ["name"] = "planned", ["instructions"] = prompts })).Id;
        request["actor"] = shared.Model;
        return request;
    }
}
