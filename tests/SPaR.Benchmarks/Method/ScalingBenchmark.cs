using System.Diagnostics;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Recipes;
using SPaR.MicroWorld;

namespace SPaR.Benchmarks.Method;

/// <summary>How accuracy grows with the cost of an answer (inference-time scaling, arXiv 2412.11605). Every way of answering gets the same
/// held-out instructions and seed, so all but greedy decoding start from the same sample.</summary>
internal sealed class ScalingBenchmark(MicroModels micro, long seed)
{
    private const int DeepestTree = 32;

    private static readonly int[] Samples = [2, 4, 8, 16];
    private static readonly int[] Budgets = [4, 8, 16, 32];

    private readonly VerifiableMicroWorld _world = new();

    public async Task<ScalingReport> RunAsync(int instructions)
    {
        var prompts = _world.HeldOut(instructions);
        var recipe = micro.Recipe;
        var arms = new List<ScalingArm>
        {
            await MeasureAsync("greedy", 1, Decoding.Greedy, recipe, prompts),
            await MeasureAsync("sample", 1, Decoding.Sample, recipe, prompts),
        };
        foreach (var n in Samples)
            arms.Add(await MeasureAsync(
                ScalingReport.BestOfN, n, Decoding.BestOfN, recipe with { Sample = recipe.Sample with { N = n } }, prompts));
        foreach (var decoding in new[] { Decoding.Bfs, Decoding.Dfs })
            foreach (var budget in Budgets)
            {
                // With the recipe's own depth, the search would end before the larger budgets are spent.
                var refine = recipe.Refine with { Budget = budget, Depth = DeepestTree };
                var name = decoding == Decoding.Bfs ? ScalingReport.Bfs : ScalingReport.Dfs;
                arms.Add(await MeasureAsync(name, budget, decoding, recipe with { Refine = refine }, prompts));
            }

        return new(instructions, seed, arms);
    }

    private async Task<ScalingArm> MeasureAsync(
        string name, int limit, Decoding decoding, Recipe recipe, IReadOnlyList<string> prompts)
    {
        await Console.Error.WriteLineAsync($"measuring {name} {limit}");
        var watch = Stopwatch.StartNew();
        var answers = new Answered[prompts.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 2 * micro.Models.Actor.Sequences };
        await Parallel.ForAsync(0, prompts.Count, parallel, async (i, stop) => answers[i] = await Answering.AskAsync(
            new("scaling", i, seed, micro.Models, recipe, decoding), [new("user", prompts[i])], stop));
        return new(
            name, limit, Math.Round(answers.Average(a => a.Generations), 2), Math.Round(answers.Average(a => a.Judged), 2),
            Math.Round(answers.Average(a => (double)a.Usage.Generated), 1), Math.Round(watch.Elapsed.TotalSeconds, 2),
            Measure.Share(prompts.Zip(answers).Count(p => _world.Satisfies(p.First, p.Second.Text)), prompts.Count));
    }
}
