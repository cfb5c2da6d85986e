namespace SPaR.Evaluation.Statistics;

/// <summary>Two evaluations of the same items on one measure, item by item.</summary>
internal static class ComparedItems
{
    /// <param name="a">Results by the key of their item.</param>
    /// <param name="b">Results by the key of their item.</param>
    /// <param name="measure">Items without this measure are left out.</param>
    /// <returns>By key, whether b wins or loses against a.</returns>
    public static IReadOnlyDictionary<string, ComparedOutcome> Of(
        IReadOnlyDictionary<string, ItemResult> a, IReadOnlyDictionary<string, ItemResult> b, string measure)
    {
        var pairs = new Dictionary<string, PairedSum>();
        foreach (var (key, one) in a)
            if (b.TryGetValue(key, out var two) && SumOf(one, measure) is { } before && SumOf(two, measure) is { } after)
                pairs.Add(key, new(before, after));
        var pooled = PairedSum.Pooled(pairs.Values);
        return pairs.ToDictionary(p => p.Key, p => OutcomeOf(p.Value.Gain(pooled)));
    }

    private static ItemSum? SumOf(ItemResult result, string measure)
    {
        foreach (var (name, sum) in ItemSum.ByMeasure(result.Tallies))
            if (name == measure)
                return sum;
        return null;
    }

    private static ComparedOutcome OutcomeOf(double gain) => gain switch
    {
        > Contrast.Rounding => ComparedOutcome.Win,
        < -Contrast.Rounding => ComparedOutcome.Loss,
        _ => ComparedOutcome.Tie,
    };
}

/// <summary>Which of two results is better for a measure.</summary>
public enum ComparedOutcome
{
    /// <summary>The second.</summary>
    Win,

    /// <summary>The first.</summary>
    Loss,

    Tie,
}
