using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Integration.Tests.Llama;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.MicroWorld;
using SPaR.Service.Recipes;

namespace SPaR.Integration.Tests.Evaluation;

/// <summary>The benchmarks that users bring items for, and the ways of answering, on the micro model instead of a script.</summary>
public sealed class RealModelBenchmarkTests
{
    private const int Count = 60;

    private static readonly VerifiableMicroWorld World = new();

    [Fact]
    public async Task The_micro_judge_agrees_with_the_verifier_and_is_calibrated()
    {
        var measures = await MeasureAsync(new JudgeAgreementBenchmark(), World.Probes(Count).Select(p =>
            (object)new { instruction = p.Prompt, answer = p.Answer, label = p.Satisfies, by = p.Satisfies ? "self" : "other" }));

        measures["accuracy"].Mean.ShouldBeGreaterThanOrEqualTo(0.92);
        measures["brier_score"].Mean.ShouldBeLessThan(0.08);
        measures["expected_calibration_error"].Mean.ShouldBeLessThan(0.1);
        // Five critiques of about a dozen words.
        measures["tokens_per_judgement"].Mean.ShouldBeInRange(25, 130);
        measures["tokens_per_judgement"].Count.ShouldBe(Count);
    }

    [Fact]
    public async Task The_micro_model_finds_a_sentence_likelier_than_the_same_words_backwards()
    {
        var measures = await MeasureAsync(new MultipleChoiceBenchmark(), World.Probes(Count).Select(p => (object)new
        {
            question = p.Prompt,
            choices = new[] { string.Join(' ', p.Answer.Split(' ').Reverse()), p.Answer },
            answer = "B",
        }));

        measures["acc_norm"].Mean.ShouldBeGreaterThan(0.95);
        measures["acc"].Count.ShouldBe(Count);
    }

    [Fact]
    public async Task A_search_answers_better_than_a_sample_item_by_item()
    {
        var benchmark = new WorldBenchmark(World);
        var items = benchmark.Own!.Where(i => !WorldBenchmark.IsProbe(i)).Take(40).ToList();
        var results = await RunAsync(benchmark, items, Decoding.Bfs);
        var again = await RunAsync(benchmark, items, Decoding.Bfs);

        var measures = Measures.Of(results);
        measures["answer_accuracy"].Mean.ShouldBeGreaterThan(measures["actor_accuracy"].Mean + 0.2);
        results.ShouldAllBe(r => r.Generations >= 3 && r.Judged >= 1 && r.Usage.Generated > 0);
        var comparison = Comparison.Of(Keyed(items, results), Keyed(items, again), seed: 1);
        comparison.Measures["answer_accuracy"].PValue.ShouldBeGreaterThan(0.05, "only rounding differs");
    }

    private static async Task<IReadOnlyDictionary<string, Measure>> MeasureAsync(IBenchmark benchmark, IEnumerable<object> lines)
    {
        var errors = new List<FieldError>();
        var items = lines.SelectMany((line, i) => benchmark.Read(JsonSerializer.SerializeToElement(line), Place.Line(i), errors)).ToList();
        errors.ShouldBeEmpty();
        return EvaluationMetrics.Of(benchmark, await RunAsync(benchmark, items, Decoding.Greedy)).Measures;
    }

    private static async Task<IReadOnlyList<ItemResult>> RunAsync(
        IBenchmark benchmark, IReadOnlyList<BenchmarkItem> items, Decoding decoding)
    {
        var recipe = RecipeReader.Read(JsonDocument.Parse(MicroModel.ReadRecipe()).RootElement);
        await using var engine = Engines.Create(sequences: 64, batch: 512);
        await using var model = await engine.LoadAsync(new ModelFile(MicroModel.Path, "", "mistral-v7"), default);
        return await UnstoredEvaluation.RunAsync(benchmark, items, new(model, model, model), recipe, decoding, 1, default);
    }

    private static Dictionary<string, ItemResult> Keyed(IReadOnlyList<BenchmarkItem> items, IReadOnlyList<ItemResult> results) =>
        items.Zip(results).ToDictionary(p => p.First.Key, p => p.Second);
}
