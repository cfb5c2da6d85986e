namespace SPaR.Method.Refinement;

/// <summary>One mending of the root and no search.</summary>
internal sealed class GreedySearch : ISearchStrategy
{
    public string Name => "greedy";

    public IReadOnlyList<string> Options { get; } = [];

    public async Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken) =>
        search.AboveThreshold(await search.ExpandAsync([search.Root], 1, cancellationToken));
}
