namespace SPaR.Method.Refinement;

/// <summary>Selects the nodes to expand next.</summary>
internal static class NodeSelection
{
    /// <summary>The highest values first; equal values keep their order.</summary>
    public static IReadOnlyList<TreeNode> Greedy(IReadOnlyList<TreeNode> nodes, int keep) =>
        [.. nodes.OrderByDescending(n => n.Value).Take(keep)];

    /// <summary>Draws nodes one by one without replacement, with probability proportional to value; returns them in the order drawn.
    /// When only values of 0 are left, all are equally likely.</summary>
    /// <param name="seed">The seed of a draw by its index.</param>
    public static IReadOnlyList<TreeNode> ByValue(IReadOnlyList<TreeNode> nodes, int keep, Func<int, ulong> seed)
    {
        var left = nodes.ToList();
        var kept = new List<TreeNode>();
        while (kept.Count < keep && left.Count > 0)
        {
            var drawn = Draw(left, RandomGenerator.Uniform(seed(kept.Count)));
            kept.Add(left[drawn]);
            left.RemoveAt(drawn);
        }

        return kept;
    }

    private static int Draw(List<TreeNode> nodes, double point)
    {
        var total = nodes.Sum(n => n.Value);
        if (total == 0)
            return (int)(point * nodes.Count);
        var rest = point * total;
        for (var i = 0; i < nodes.Count; i++)
        {
            rest -= nodes[i].Value;
            if (rest < 0)
                return i;
        }

        // Rounding may leave a tiny rest. A node of value 0 is never drawn while others are left.
        return nodes.FindLastIndex(n => n.Value > 0);
    }
}
