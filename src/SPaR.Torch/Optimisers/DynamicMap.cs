using System.Collections.Immutable;

namespace SPaR.Torch.Optimisers;

/// <summary>The 256 numbers that 8 bits stand for (dynamic tree quantisation: arXiv 1511.04561 and 2110.02861, section 1.3). Seven decades
/// below 1 are divided into equal intervals whose middles are the numbers: 1, 2, 4, … 64 of them from the smallest decade to the largest,
/// on either side of 0; twice as many without negative numbers. To these come 0 and 1.</summary>
internal static class DynamicMap
{
    private const int Decades = 7;

    /// <summary>From −0.993 to 1, ascending.</summary>
    public static ImmutableArray<float> Signed { get; } =
        [.. Middles(1).SelectMany(x => (float[])[-x, x]).Append(0).Append(1).Order()];

    /// <summary>From 0 to 1, ascending.</summary>
    public static ImmutableArray<float> Unsigned { get; } = [.. Middles(2).Append(0).Append(1).Order()];

    /// <param name="first">Intervals in the smallest decade.</param>
    private static IEnumerable<float> Middles(int first) =>
        from decade in Enumerable.Range(0, Decades)
        let count = first << decade
        from i in Enumerable.Range(0, count)
        select (float)(Math.Pow(10, decade - Decades + 1) * (0.1 + 0.9 * (i + 0.5) / count));
}
