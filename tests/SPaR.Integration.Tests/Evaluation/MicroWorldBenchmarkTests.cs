using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Integration.Tests.Llama;
using SPaR.Method.Recipes;
using SPaR.MicroWorld;
using SPaR.Service.Recipes;

namespace SPaR.Integration.Tests.Evaluation;

public sealed class MicroWorldBenchmarkTests
{
    [Fact]
    public async Task The_micro_model_is_measured_as_its_model_card_says()
    {
        var recipe = RecipeReader.Read(JsonDocument.Parse(MicroModel.ReadRecipe()).RootElement);
        await using var engine = Engines.Create(sequences: 64, batch: 512);
        await using var model = await engine.LoadAsync(new(MicroModel.Path, "", "mistral-v7"), default);

        var benchmark = new WorldBenchmark(new VerifiableMicroWorld());
        var measures = Measures.Of(
            await UnstoredEvaluation.RunAsync(
                benchmark, [.. benchmark.Own!.Take(350)], new(model, model, model), recipe, Decoding.Greedy, 1, default));

        measures["judge_accuracy"].Mean.ShouldBeGreaterThanOrEqualTo(0.92);
        measures["judge_f1"].Mean.ShouldBeGreaterThanOrEqualTo(0.85);
        measures["actor_accuracy_greedy"].Mean.ShouldBeInRange(0.4, 0.65);
        measures["actor_accuracy"].Mean.ShouldBeInRange(0.05, 0.4);
        measures["single_refinement_success"].Mean.ShouldBeGreaterThanOrEqualTo(0.35);
        measures["search_success"].Mean.ShouldBeGreaterThan(measures["single_refinement_success"].Mean);
        measures.Values.ShouldAllBe(m => m.Count > 0);
    }
}
