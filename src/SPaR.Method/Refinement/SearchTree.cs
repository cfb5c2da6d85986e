using SPaR.Method.Items;

namespace SPaR.Method.Refinement;

/// <summary>The tree that a search has grown so far. Holds judged nodes only.</summary>
internal sealed class SearchTree(TreeNode root)
{
    private readonly List<TreeNode> _nodes = [];

    public TreeNode Root { get; } = root;

    /// <summary>The nodes in the order in which they were added, without the root.</summary>
    public IReadOnlyList<TreeNode> Nodes => _nodes;

    public void Add(TreeNode node)
    {
        _nodes.Add(node);
        node.Parent!.Children.Add(node);
    }

    /// <summary>The node with the highest value. Of equals, the last in depth-first order: a node, then its children, then its next
    /// sibling.</summary>
    /// <returns>Null when the root has no child.</returns>
    public TreeNode? Best() => DepthFirst(Root).Aggregate(
        (TreeNode?)null, (best, node) => best is null || node.Value >= best.Value ? node : best);

    private static IEnumerable<TreeNode> DepthFirst(TreeNode parent) =>
        parent.Children.SelectMany(child => DepthFirst(child).Prepend(child));
}

/// <summary>An answer in the tree and its judgement.</summary>
internal sealed class TreeNode(Node row, Judgement judgement, TreeNode? parent)
{
    public Node Row { get; } = row;

    public Judgement Judgement { get; } = judgement;

    public TreeNode? Parent { get; } = parent;

    public List<TreeNode> Children { get; } = [];

    public string Path => Row.Path;

    public string Text => Row.Text;

    /// <summary>In [0, 1]. Every node in the tree has a majority, hence a value.</summary>
    public double Value => Judgement.Value!.Value;

    /// <summary>The first vote that agrees with the majority.</summary>
    public Vote Critique => Judgement.Votes[Judgement.Critique!.Value];
}
