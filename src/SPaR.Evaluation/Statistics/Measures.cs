namespace SPaR.Evaluation.Statistics;

/// <summary>What the items of an evaluation come to. Knows sums and their errors; does not know what was measured.</summary>
public static class Measures
{
    /// <returns>By name, in the order in which they first appear.</returns>
    public static IReadOnlyDictionary<string, Measure> Of(IReadOnlyList<ItemResult> results) =>
        OfAll(results.Select(r => (IEnumerable<Tally>)r.Tallies));

    /// <returns>By group, then by name; empty where no tally names a group.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>> ByGroup(IReadOnlyList<ItemResult> results) =>
        results.SelectMany(r => r.Tallies).Select(t => t.Group).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToDictionary(
            group => group,
            group => (IReadOnlyDictionary<string, Measure>)OfAll(results.Select(r => r.Tallies.Where(t => t.Group == group))));

    /// <summary>The ratio of the sums, with Wilson's interval where every item is one trial, hit or missed. Elsewhere the trials of an
    /// item are not independent: the items are the clusters of the linearised ratio (W. G. Cochran, "Sampling techniques", 1977,
    /// sections 6.3 and 9A.6), so SE² = n/(n−1) Σ(hᵢ − R oᵢ)² / (Σoᵢ)². Where items do not differ, or there is but one, their spread
    /// says nothing, and they are taken for Wilson's trials.</summary>
    /// <param name="sums">Hits and possible ones of each item that takes part.</param>
    internal static Measure Ratio(IReadOnlyList<ItemSum> sums)
    {
        var hits = sums.Sum(s => s.Hits);
        var of = sums.Sum(s => s.Of);
        var count = sums.Count(s => s.Of > 0);
        if (of <= 0)
            return Measure.Share(0, 0);
        var ratio = hits / of;
        var squares = sums.Sum(s => Math.Pow(s.Hits - ratio * s.Of, 2));
        if (sums.All(s => s.IsOneTrial) || count < 2 || squares <= 1e-18 * of)
            return Measure.Share(ratio * count, count);
        var error = Math.Sqrt(squares * count / (count - 1)) / of;
        return new(ratio, Math.Max(0, ratio - Measure.Z * error), Math.Min(1, ratio + Measure.Z * error), count) { StandardError = error };
    }

    private static Dictionary<string, Measure> OfAll(IEnumerable<IEnumerable<Tally>> items) =>
        items.SelectMany(ItemSum.ByMeasure).GroupBy(s => s.Measure, s => s.Sum).ToDictionary(g => g.Key, g => Ratio([.. g]));
}

/// <summary>What one item adds to one measure in all.</summary>
/// <param name="Tallies">How many tallies it has of it.</param>
internal readonly record struct ItemSum(double Hits, double Of, int Tallies)
{
    /// <summary>Hit or missed once, and nothing else.</summary>
    public bool IsOneTrial => Tallies == 1 && Of == 1 && Hits is 0 or 1;

    public static IEnumerable<(string Measure, ItemSum Sum)> ByMeasure(IEnumerable<Tally> tallies) =>
        tallies.GroupBy(t => t.Measure).Select(g => (g.Key, new ItemSum(g.Sum(t => t.Hits), g.Sum(t => t.Of), g.Count())));
}
