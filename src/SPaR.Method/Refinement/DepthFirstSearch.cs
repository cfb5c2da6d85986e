namespace SPaR.Method.Refinement;

/// <summary>Sibling group by sibling group: grows all children of a node, then those of its best child, and so on down.</summary>
internal sealed class DepthFirstSearch : ISearchStrategy
{
    public string Name => "dfs";

    public IReadOnlyList<string> Options { get; } = ["depth", "branch", "keep", "select"];

    public Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken) =>
        DescendAsync(search, search.Root, search.Options.Depth, cancellationToken);

    private static async Task<TreeNode?> DescendAsync(Search search, TreeNode node, int levels, CancellationToken cancellationToken)
    {
        if (levels == 0)
            return null;
        var children = await search.ExpandAsync([node], search.Options.Branch, cancellationToken);
        if (search.AboveThreshold(children) is { } found)
            return found;
        if (search.BudgetSpent)
            return null;
        // The paper's own search checks the budget only after a child, so each group still open here may grow one more node.
        foreach (var child in search.Keep(children, node.Path))
        {
            if (await DescendAsync(search, child, levels - 1, cancellationToken) is { } below)
                return below;
        }

        return null;
    }
}
