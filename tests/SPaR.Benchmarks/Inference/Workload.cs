namespace SPaR.Benchmarks.Inference;

/// <summary>The amount of work.</summary>
/// <param name="Levels">Levels of refinement in each tree.</param>
/// <param name="Tokens">The exact length of every generated text.</param>
internal sealed record WorkloadShape(int Trees, int Levels, int Tokens)
{
    public const int Votes = 5, Branches = 3, Kept = 2;

    public static readonly WorkloadShape Whole = new(8, 2, 100);

    /// <summary>The refined nodes of one tree; its root is not generated.</summary>
    public int Children => Branches * (1 + Kept * (Levels - 1));

    public int Generations(int trees) => trees * (Votes + Children * (1 + Votes));

    public long GeneratedTokens(int trees) => (long)Generations(trees) * Tokens;
}

/// <summary>The requests of a round of self-play, without using the answers: in each tree the judge votes on the root's answer; then, level
/// by level, each kept node is refined in the conversation of its first vote, and each child is judged by a new prompt with the tree's
/// common prefix. The first children are kept. Knows no engine.</summary>
internal sealed class Workload(WorkloadShape shape, WorkloadTexts texts)
{
    public WorkloadShape Shape => shape;

    /// <summary>Runs the trees, <paramref name="atOnce"/> at a time.</summary>
    /// <exception cref="InvalidOperationException">A sample does not have the workload's length.</exception>
    public async Task<WorkDone> RunAsync(IReadOnlyList<int> trees, int atOnce, Func<GenerationRequest, Task<GenerationResult>> generate)
    {
        using var room = new SemaphoreSlim(atOnce);
        var done = await Task.WhenAll(trees.Select(async tree =>
        {
            await room.WaitAsync();
            try
            {
                var work = new TreeWorkload(shape, texts, tree, generate);
                await work.RunAsync();
                return work.Done;
            }
            finally
            {
                room.Release();
            }
        }));
        return done.Aggregate((a, b) => a + b);
    }
}

/// <param name="PromptTokens">The whole prompts of all generations: what is computed if nothing is shared.</param>
internal readonly record struct WorkDone(int Generations, long TokensGenerated, long PromptTokens)
{
    public static WorkDone operator +(WorkDone a, WorkDone b) =>
        new(a.Generations + b.Generations, a.TokensGenerated + b.TokensGenerated, a.PromptTokens + b.PromptTokens);
}
