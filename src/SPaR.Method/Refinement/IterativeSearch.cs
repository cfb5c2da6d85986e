using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>A chain: refines the answer, then the refined answer, and so on. Ends when a refinement gives no node.</summary>
internal sealed class IterativeSearch : ISearchStrategy
{
    public string Name => "iterative";

    public IReadOnlyList<string> Options { get; } = ["depth"];

    public long MostNodes(SearchOptions options) => options.Depth;

    public async Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken)
    {
        var node = search.Root;
        for (var depth = 1; depth <= search.Options.Depth && !search.BudgetSpent; depth++)
        {
            var children = await search.ExpandAsync([node], 1, cancellationToken);
            if (children.Count == 0)
                return null;
            node = children[0];
            if (search.AboveThreshold(children) is { } found)
                return found;
        }

        return null;
    }
}
