using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SPaR.Service.Items;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Http;

/// <summary>What a user has created can be deleted; what is in use is refused, with what uses it.</summary>
public sealed class DeletionTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Ndjson = "application/x-ndjson";

    private readonly HttpService _service = shared.Service;

    [Theory]
    [InlineData("instruction-sets")]
    [InlineData("runs")]
    [InlineData("datasets")]
    [InlineData("training-runs")]
    [InlineData("evaluations")]
    [InlineData("benchmarks")]
    [InlineData("models")]
    public async Task What_does_not_exist_cannot_be_deleted(string resource) =>
        (await _service.DeleteAsync($"/v1/{resource}/x_1")).ShouldBeProblem(404, "not-found");

    [Fact]
    public async Task A_run_goes_with_its_rows_and_its_instructions_can_go_after_it()
    {
        // More rows than one statement deletes.
        var set = await InstructionsAsync(1200);
        var run = await RunAsync(set, """{"instructions_per_round":1}""");
        (await _service.WaitForRunAsync(run, status => status == "succeeded"))["pairs"]["count"]!.GetValue<int>().ShouldBe(1);

        (await _service.DeleteAsync($"/v1/instruction-sets/{set}")).ShouldBeProblem(409, "instruction-set-in-use").Saying(run);
        (await _service.DeleteAsync($"/v1/runs/{run}")).ShouldBe(204);
        (await _service.DeleteAsync($"/v1/instruction-sets/{set}")).ShouldBe(204);

        (await _service.GetAsync($"/v1/runs/{run}")).ShouldBeProblem(404, "not-found");
        (await _service.GetAsync($"/v1/instruction-sets/{set}/instructions")).ShouldBeProblem(404, "not-found");
        await using var db = await _service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        (await db.Answers.CountAsync(a => a.RunId == run) + await db.Nodes.CountAsync(n => n.RunId == run)
            + await db.Pairs.CountAsync(p => p.RunId == run)).ShouldBe(0);
        var audited = (await _service.GetAsync("/v1/audit?limit=20"))["data"].AsArray().Select(a => a!["path"]!.GetValue<string>());
        audited.ShouldContain($"/v1/runs/{run}");
    }

    [Fact]
    public async Task A_run_that_has_not_ended_cannot_be_deleted()
    {
        var hold = new TaskCompletionSource();
        shared.Engine.Gate = hold.Task;
        var run = await RunAsync(await InstructionsAsync(1));

        (await _service.DeleteAsync($"/v1/runs/{run}")).ShouldBeProblem(409, "invalid-state").Saying("cancel it");
        (await _service.PostAsync($"/v1/runs/{run}/cancel")).ShouldBe(200);
        hold.SetResult();
        await _service.WaitForRunAsync(run, status => status == "cancelled");
        (await _service.DeleteAsync($"/v1/runs/{run}")).ShouldBe(204);
    }

    [Fact]
    public async Task A_model_and_a_benchmark_are_kept_for_the_evaluation_that_uses_them()
    {
        TinyGguf.Write(Path.Combine(_service.Models, "measured.gguf"));
        var model = (await _service.PostAsync("/v1/models", """{"path":"measured.gguf"}""")).ShouldBe(201).Id;
        var data = (await _service.PostAsync(
            "/v1/benchmarks?benchmark=exact-match&name=b", """{"question":"easy","answer":"a"}""", Ndjson)).ShouldBe(201).Id;
        var evaluation = (await _service.PostAsync(
            "/v1/evaluations", new JsonObject { ["benchmark"] = "exact-match", ["data"] = data, ["model"] = model })).ShouldBe(201).Id;
        await Wait.UntilAsync(
            async () => (await _service.GetAsync($"/v1/evaluations/{evaluation}"))["status"].GetValue<string>() == "succeeded",
            awaited: "the evaluation");

        (await _service.DeleteAsync($"/v1/models/{model}")).ShouldBeProblem(409, "model-in-use").Saying(evaluation);
        (await _service.DeleteAsync($"/v1/benchmarks/{data}")).ShouldBeProblem(409, "benchmark-in-use").Saying(evaluation);
        (await _service.DeleteAsync($"/v1/evaluations/{evaluation}")).ShouldBe(204);
        (await _service.DeleteAsync($"/v1/benchmarks/{data}")).ShouldBe(204);
        (await _service.DeleteAsync($"/v1/models/{model}?file=true")).ShouldBeProblem(409, "file-not-trained");
        (await _service.DeleteAsync($"/v1/models/{model}")).ShouldBe(204);
        File.Exists(Path.Combine(_service.Models, "measured.gguf")).ShouldBeTrue();
    }

    private async Task<string> InstructionsAsync(int count) => (await _service.PostAsync(
        "/v1/instruction-sets?name=s", string.Concat(Enumerable.Repeat("{\"prompt\":\"one\"}\n", count)), Ndjson)).ShouldBe(201).Id;

    private async Task<string> RunAsync(string set, string recipe = "{}") => (await _service.PostAsync(
        "/v1/runs", $$"""{"instruction_set":"{{set}}","actor":"{{shared.Model}}","recipe":{{recipe}}}""")).ShouldBe(201).Id;
}
