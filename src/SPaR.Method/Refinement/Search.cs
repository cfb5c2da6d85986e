using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>What a strategy works with: the tree, the options, and the moves.</summary>
internal sealed class Search(ItemRun item, SearchTree tree, Expander expander)
{
    public SearchOptions Options => item.Recipe.Refine;

    public TreeNode Root => tree.Root;

    public bool BudgetSpent => tree.Nodes.Count >= Options.Budget;

    /// <summary>Grows up to <paramref name="branch"/> children of each parent, until the budget is spent.</summary>
    /// <returns>The new nodes, in order of parent and index.</returns>
    public Task<IReadOnlyList<TreeNode>> ExpandAsync(IReadOnlyList<TreeNode> parents, int branch, CancellationToken cancellationToken) =>
        expander.ExpandAsync(parents, branch, cancellationToken);

    /// <returns>The best of a level or sibling group (the first of equals) if its value is high enough to end the search.</returns>
    public TreeNode? AboveThreshold(IReadOnlyList<TreeNode> nodes) =>
        nodes.MaxBy(n => n.Value) is { } best && best.Value > Options.StopAbove ? best : null;

    /// <summary>Selects the nodes to expand next: no more than a node has children, as in the reference.</summary>
    /// <param name="place">Names the level or sibling group; selection by value is seeded with it.</param>
    public IReadOnlyList<TreeNode> Keep(IReadOnlyList<TreeNode> nodes, string place)
    {
        var most = Math.Min(Options.Keep, Options.Branch);
        var kept = Options.Select == Selection.Greedy
            ? NodeSelection.Greedy(nodes, most)
            : NodeSelection.ByValue(nodes, most, draw => item.Seed("keep", place, draw));
        foreach (var dropped in nodes.Select(n => n.Judgement.Subject).Except(kept.Select(n => n.Judgement.Subject)))
            item.Prefixes.Release(dropped);
        return kept;
    }
}
