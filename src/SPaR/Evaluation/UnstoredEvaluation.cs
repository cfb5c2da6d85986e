using SPaR.Runs;
using SPaR.Verifying;

namespace SPaR.Evaluation;

/// <summary>Measures players by a benchmark here and now, and stores nothing: for tools and tests.</summary>
public static class UnstoredEvaluation
{
    /// <param name="verifying">Makes what checks answers to a prompt, for judging by votes+verifier.</param>
    /// <returns>In the order of the items.</returns>
    public static async Task<IReadOnlyList<ItemResult>> RunAsync(
        IBenchmark benchmark, IReadOnlyList<BenchmarkItem> items, Players players, Recipe recipe, Decoding decoding, long seed,
        CancellationToken stop, Func<string, IVerifier>? verifying = null)
    {
        var results = new ItemResult[items.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = players.Items, CancellationToken = stop };
        await Parallel.ForAsync(0, items.Count, parallel, async (i, token) =>
            results[i] = await benchmark.RunAsync(
                items[i], new("evaluation", i, seed, players, recipe, decoding) { Verifying = verifying }, token));
        return results;
    }
}
