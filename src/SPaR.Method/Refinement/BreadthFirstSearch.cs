using System.Globalization;
using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Level by level: expands every kept node, looks at the whole level, and keeps the best.</summary>
internal sealed class BreadthFirstSearch : ISearchStrategy
{
    public string Name => "bfs";

    public IReadOnlyList<string> Options { get; } = ["depth", "branch", "keep", "select"];

    public long MostNodes(SearchOptions options) =>
        options.Branch + ((options.Depth - 1L) * Math.Min(options.Keep, options.Branch) * options.Branch);

    public async Task<TreeNode?> SearchAsync(Search search, CancellationToken cancellationToken)
    {
        IReadOnlyList<TreeNode> level = [search.Root];
        for (var depth = 1; depth <= search.Options.Depth && level.Count > 0; depth++)
        {
            var children = await search.ExpandAsync(level, search.Options.Branch, cancellationToken);
            if (search.AboveThreshold(children) is { } found)
                return found;
            if (search.BudgetSpent)
                return null;
            level = search.Keep(children, depth.ToString(CultureInfo.InvariantCulture));
        }

        return null;
    }
}
