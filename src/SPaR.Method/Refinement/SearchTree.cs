using SPaR.Method.Items;

namespace SPaR.Method.Refinement;

/// <summary>What a search has grown so far. Only judged nodes are in it.</summary>
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

    /// <summary>The highest value of all; of equals the last in the order in which the tree is drawn: a node, then its children,
    /// then its next sibling.</summary>
    /// <returns>Null when the root has no child.</returns>
    public TreeNode? Best() => Drawn(Root).Aggregate(
        (TreeNode?)null, (best, node) => best is null || node.Value >= best.Value ? node : best);

    private static IEnumerable<TreeNode> Drawn(TreeNode parent) => parent.Children.SelectMany(child => Drawn(child).Prepend(child));
}

/// <summary>An answer in the tree and the judgement that holds for it.</summary>
internal sealed class TreeNode(Node row, Judgement judgement, TreeNode? parent)
{
    public Node Row { get; } = row;

    public Judgement Judgement { get; } = judgement;

    public TreeNode? Parent { get; } = parent;

    public List<TreeNode> Children { get; } = [];

    public string Path => Row.Path;

    public string Text => Row.Text;

    /// <summary>In [0, 1]. A node in the tree has a majority, hence a value.</summary>
    public double Value => Judgement.Value!.Value;

    /// <summary>The first vote that agrees with the majority.</summary>
    public Vote Critique => Judgement.Votes[Judgement.Critique!.Value];
}
