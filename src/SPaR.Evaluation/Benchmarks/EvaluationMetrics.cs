using SPaR.Abstractions;
using SPaR.Evaluation.Statistics;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>What all items of an evaluation came to. Those that did not fit or failed add nothing to it.</summary>
/// <param name="Measures">By name.</param>
/// <param name="Groups">By part of the benchmark, then by name; empty where it has none.</param>
/// <param name="Generations">Answers that were generated, mendings included.</param>
/// <param name="Judged">Answers that a judge valued.</param>
public sealed record EvaluationMetrics(
    IReadOnlyDictionary<string, Measure> Measures, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>> Groups,
    TokenUsage Usage, long Generations, long Judged)
{
    /// <param name="results">Of the items that have one, in their order.</param>
    public static EvaluationMetrics Of(IBenchmark benchmark, IReadOnlyList<ItemResult> results)
    {
        var measures = new Dictionary<string, Measure>(Statistics.Measures.Of(results));
        foreach (var (name, measure) in benchmark.Metrics(results))
            measures[name] = measure;
        return new(
            measures, Statistics.Measures.ByGroup(results), results.Aggregate(default(TokenUsage), (sum, r) => sum + r.Usage),
            results.Sum(r => (long)r.Generations), results.Sum(r => (long)r.Judged));
    }
}
