using SPaR.Abstractions;

namespace SPaR.Benchmarks.Inference;

/// <summary>How much is to be done.</summary>
/// <param name="Levels">Of refinement, in each tree.</param>
/// <param name="Tokens">Of every generated text: no more and no less.</param>
internal sealed record WorkloadShape(int Trees, int Levels, int Tokens)
{
    public const int Votes = 5, Branches = 3, Kept = 2;

    public static readonly WorkloadShape Whole = new(8, 2, 100);

    /// <summary>Of one tree: the root is not generated.</summary>
    public int Children => Branches * (1 + Kept * (Levels - 1));

    public int Generations(int trees) => trees * (Votes + Children * (1 + Votes));

    public long GeneratedTokens(int trees) => (long)Generations(trees) * Tokens;
}

/// <summary>What a round of self-play asks of a text engine, without what it makes of the answers: in each tree the judge votes on the
/// root's answer; then, level by level, each kept node is refined in the conversation of its first vote, and every child is judged by a
/// new prompt that starts as all of its tree's do. The first children are the kept ones. Knows no engine.</summary>
internal sealed class Workload(WorkloadShape shape, Passages passages)
{
    public WorkloadShape Shape => shape;

    /// <summary>Walks the trees, so many at once.</summary>
    /// <exception cref="InvalidOperationException">A sample has another length than the workload's.</exception>
    public async Task<WorkDone> RunAsync(IReadOnlyList<int> trees, int atOnce, Func<GenerationRequest, Task<GenerationResult>> generate)
    {
        using var room = new SemaphoreSlim(atOnce);
        var walks = await Task.WhenAll(trees.Select(async tree =>
        {
            await room.WaitAsync();
            try
            {
                var item = new TreeWalk(shape, passages, tree, generate);
                await item.RunAsync();
                return item.Done;
            }
            finally
            {
                room.Release();
            }
        }));
        return walks.Aggregate((a, b) => a + b);
    }
}

/// <param name="PromptTokens">Of every generation, its whole prompt: what is computed where nothing is shared.</param>
internal readonly record struct WorkDone(int Generations, long TokensGenerated, long PromptTokens)
{
    public static WorkDone operator +(WorkDone a, WorkDone b) =>
        new(a.Generations + b.Generations, a.TokensGenerated + b.TokensGenerated, a.PromptTokens + b.PromptTokens);
}
