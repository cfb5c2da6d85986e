namespace SPaR.Method.Refinement;

/// <summary>Which nodes are expanded next.</summary>
internal static class NodeSelection
{
    /// <summary>The highest values first; of equals the first stays first.</summary>
    public static IReadOnlyList<TreeNode> Greedy(IReadOnlyList<TreeNode> nodes, int keep) =>
        [.. nodes.OrderByDescending(n => n.Value).Take(keep)];

    /// <summary>Drawn one after the other in proportion to value, none twice, in the order drawn. When only values of 0 are left,
    /// each is as likely as the other.</summary>
    /// <param name="seed">The seed of a draw by its index.</param>
    public static IReadOnlyList<TreeNode> ByValue(IReadOnlyList<TreeNode> nodes, int keep, Func<int, ulong> seed)
    {
        var left = nodes.ToList();
        var kept = new List<TreeNode>();
        while (kept.Count < keep && left.Count > 0)
        {
            var drawn = Draw(left, Uniform(seed(kept.Count)));
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

        // Rounding may leave a trace of the last share; nodes of value 0 are never drawn beside others.
        return nodes.FindLastIndex(n => n.Value > 0);
    }

    /// <summary>In [0, 1): the upper 53 bits, as many as a double holds.</summary>
    private static double Uniform(ulong seed) => (seed >> 11) * (1.0 / (1UL << 53));
}
