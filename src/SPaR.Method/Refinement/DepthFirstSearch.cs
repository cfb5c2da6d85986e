using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Sibling group by sibling group: grows all children of a node, then those of its best child, and so on down.</summary>
internal sealed class DepthFirstSearch : ISearchStrategy
{
    public string Name => "dfs";

    public IReadOnlyList<string> Options { get; } = ["depth", "branch", "keep", "select"];

    public long MostNodes(SearchOptions options)
    {
        // The expanded nodes of each level: the root, then those that are kept of each group.
        var (nodes, expanded) = (0L, 1L);
        for (var depth = 0; depth < options.Depth && nodes < options.Budget; depth++)
        {
            nodes += expanded * options.Branch;
            expanded *= Math.Min(options.Keep, options.Branch);
        }

        return nodes;
    }

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
