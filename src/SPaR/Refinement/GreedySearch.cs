namespace SPaR.Refinement;

/// <summary>One mending of the root and no search.</summary>
internal sealed class GreedySearch : ISearchStrategy
{
    public string Name => "greedy";

    public IReadOnlyList<string> Options { get; } = [];

    public async Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken) =>
        search.AboveGate(await search.ExpandAsync([search.Root], 1, cancellationToken));
}
