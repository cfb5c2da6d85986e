namespace SPaR.Method.Refinement;

/// <summary>Sibling group by sibling group: all children of one node, then those of the best of them, and so on down.</summary>
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
        // The paper's own search looks at the budget only after a child: groups still open here go on for one node each.
        foreach (var child in search.Keep(children, node.Path))
        {
            if (await DescendAsync(search, child, levels - 1, cancellationToken) is { } below)
                return below;
        }

        return null;
    }
}
