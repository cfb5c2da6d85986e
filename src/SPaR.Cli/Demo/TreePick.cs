using SPaR.Client;

namespace SPaR.Cli.Demo;

/// <summary>Chooses the tree of a run to show.</summary>
internal static class TreePick
{
    /// <summary>The smallest tree that gave a pair and has at least two levels, because it shows a search and fits the terminal; else the
    /// largest that gave a pair; else the largest.</summary>
    /// <param name="branch">Children per node: a tree with more nodes than a root and its children has a second level.</param>
    public static TreeSummary? Choose(IReadOnlyCollection<TreeSummary> trees, int branch)
    {
        var paired = trees.Where(tree => tree.State == ItemState.Paired).ToList();
        return paired.Where(tree => tree.Nodes > 1 + branch).MinBy(tree => tree.Nodes)
            ?? paired.MaxBy(tree => tree.Nodes)
            ?? trees.MaxBy(tree => tree.Nodes);
    }
}
