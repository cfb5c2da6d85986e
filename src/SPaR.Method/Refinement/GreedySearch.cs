using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Refines the root once, without a search.</summary>
internal sealed class GreedySearch : ISearchStrategy
{
    public string Name => "greedy";

    public IReadOnlyList<string> Options { get; } = [];

    public long MostNodes(SearchOptions options) => 1;

    public async Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken) =>
        search.AboveThreshold(await search.ExpandAsync([search.Root], 1, cancellationToken));
}
