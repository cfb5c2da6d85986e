namespace SPaR.Evaluation.Statistics;

/// <summary>The uncertainty of any statistic of a list of items, by resampling the list with replacement (B. Efron, 1979, "Bootstrap
/// methods: another look at the jackknife").</summary>
internal static class Bootstrap
{
    public const int Resamples = 10_000;

    /// <summary>The statistic with its 95 % percentile interval.</summary>
    /// <param name="statistic">Null for a list where it is not defined, such as a correlation of equal items.</param>
    /// <param name="least">The lowest possible value.</param>
    /// <param name="most">The highest possible value.</param>
    /// <returns>When the statistic is not defined for the items: 0, an interval from <paramref name="least"/> to
    /// <paramref name="most"/>, and a count of 0.</returns>
    public static Measure Of<T>(
        IReadOnlyList<T> items, Func<IReadOnlyList<T>, double?> statistic, double least, double most, ulong seed, int resamples = Resamples)
    {
        if (items.Count == 0 || statistic(items) is not { } mean)
            return new(0, least, most, 0);
        var random = new RandomGenerator(seed);
        var drawn = new T[items.Count];
        var values = new List<double>(resamples);
        for (var resample = 0; resample < resamples; resample++)
        {
            for (var i = 0; i < drawn.Length; i++)
                drawn[i] = items[random.Below(drawn.Length)];
            if (statistic(drawn) is { } one)
                values.Add(one);
        }

        if (items.Count == 1 || values.Count == 0)
            return new(mean, least, most, items.Count);
        var (low, high) = Middle([.. values]);
        return new(mean, Math.Min(low, mean), Math.Max(high, mean), items.Count) { StandardError = Deviation(values) };
    }

    /// <summary>The ends of the middle 95 %. Sorts <paramref name="values"/>. Symmetric: negated values give the negated ends.</summary>
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
