namespace SPaR.Evaluation.Statistics;

/// <summary>The uncertainty of any figure of a list of items, by drawing lists of as many items from it with replacement (B. Efron, 1979,
/// "Bootstrap methods: another look at the jackknife").</summary>
internal static class Bootstrap
{
    public const int Resamples = 10_000;

    /// <summary>The figure with the middle 95 % of what the drawn lists give (the percentile interval).</summary>
    /// <param name="figure">Of a list; null where the list says nothing, such as a correlation of items that are all alike.</param>
    /// <returns>0 with an interval from <paramref name="least"/> to <paramref name="most"/> and a count of 0 where the items say
    /// nothing.</returns>
    public static Measure Of<T>(
        IReadOnlyList<T> items, Func<IReadOnlyList<T>, double?> figure, double least, double most, ulong seed, int resamples = Resamples)
    {
        if (items.Count == 0 || figure(items) is not { } mean)
            return new(0, least, most, 0);
        var draws = new RandomGenerator(seed);
        var drawn = new T[items.Count];
        var values = new List<double>(resamples);
        for (var resample = 0; resample < resamples; resample++)
        {
            for (var i = 0; i < drawn.Length; i++)
                drawn[i] = items[draws.Below(drawn.Length)];
            if (figure(drawn) is { } one)
                values.Add(one);
        }

        if (items.Count == 1 || values.Count == 0)
            return new(mean, least, most, items.Count);
        var (low, high) = Middle([.. values]);
        return new(mean, Math.Min(low, mean), Math.Max(high, mean), items.Count) { StandardError = Deviation(values) };
    }

    /// <summary>The ends of the middle 95 %; sorts what it is given. Those of the negatives are the negatives of these.</summary>
    public static (double Low, double High) Middle(double[] values)
    {
        Array.Sort(values);
        var cut = (int)Math.Floor(0.025 * (values.Length - 1));
        return (values[cut], values[^(cut + 1)]);
    }

    private static double Deviation(List<double> values)
    {
        var mean = values.Average();
        return values.Count < 2 ? 0 : Math.Sqrt(values.Sum(f => (f - mean) * (f - mean)) / (values.Count - 1));
    }
}
