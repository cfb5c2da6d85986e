using SPaR.Evaluation.Statistics;
using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Runs a benchmark at once and stores nothing: for tools and tests.</summary>
public static class UnstoredEvaluation
{
    /// <param name="verifying">Makes the verifier of a prompt, for judging by votes+verifier.</param>
    /// <returns>In the order of the items.</returns>
    public static async Task<IReadOnlyList<ItemResult>> RunAsync(
        IBenchmark benchmark, IReadOnlyList<BenchmarkItem> items, RunModels models, Recipe recipe, Decoding decoding, long seed,
        CancellationToken cancellationToken, Func<string, IVerifier>? verifying = null)
    {
        var results = new ItemResult[items.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = models.InFlight, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, items.Count, parallel, async (i, token) =>
            results[i] = await benchmark.RunAsync(
                items[i], new("evaluation", i, seed, models, recipe, decoding) { Verifying = verifying }, token));
        return results;
    }
}
