namespace SPaR.Evaluation.Statistics;

/// <summary>Adds up the items of an evaluation. Knows sums and their errors; does not know what was measured.</summary>
public static class Measures
{
    /// <returns>By name, in the order in which they first appear.</returns>
    public static IReadOnlyDictionary<string, Measure> Of(IReadOnlyList<ItemResult> results) =>
        OfAll(results.Select(r => (IEnumerable<Tally>)r.Tallies));

    /// <returns>By group, then by name; empty when no tally has a group.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>> ByGroup(IReadOnlyList<ItemResult> results) =>
        results.SelectMany(r => r.Tallies).Select(t => t.Group).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToDictionary(
            group => group,
            group => (IReadOnlyDictionary<string, Measure>)OfAll(results.Select(r => r.Tallies.Where(t => t.Group == group))));

    /// <summary>The ratio of the sums, with Wilson's interval if every item is one trial, hit or missed. Otherwise the trials of an item
    /// are not independent, so items are the clusters of a linearised ratio (W. G. Cochran, "Sampling techniques", 1977, sections 6.3 and
    /// 9A.6): SE² = n/(n−1) Σ(hᵢ − R oᵢ)² / (Σoᵢ)². If all items are equal, or there is only one, their spread gives no estimate, and they
    /// count as Wilson's trials.</summary>
    /// <param name="sums">Hits and possible hits of each item that has the measure.</param>
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

/// <summary>The sum of what one item adds to one measure.</summary>
/// <param name="Tallies">Number of tallies in the sum.</param>
internal readonly record struct ItemSum(double Hits, double Of, int Tallies)
{
    /// <summary>Whether it is a single trial, hit or missed.</summary>
    public bool IsOneTrial => Tallies == 1 && Of == 1 && Hits is 0 or 1;

    public static IEnumerable<(string Measure, ItemSum Sum)> ByMeasure(IEnumerable<Tally> tallies) =>
        tallies.GroupBy(t => t.Measure).Select(g => (g.Key, new ItemSum(g.Sum(t => t.Hits), g.Sum(t => t.Of), g.Count())));
}
