using SPaR.Evaluation.Statistics;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>The result of an evaluation over all its items. Items that did not fit or failed are left out.</summary>
/// <param name="Measures">By name.</param>
/// <param name="Groups">By group of the benchmark, then by name; empty when it has no groups.</param>
/// <param name="Generations">Answers that were generated, refinements included.</param>
/// <param name="Judged">Answers that were judged.</param>
public sealed record EvaluationMetrics(
    IReadOnlyDictionary<string, Measure> Measures, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>> Groups,
    TokenUsage Usage, long Generations, long Judged)
{
    /// <param name="results">In the order of the items; items without a result are left out.</param>
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
