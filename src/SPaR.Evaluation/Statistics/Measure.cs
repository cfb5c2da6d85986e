namespace SPaR.Evaluation.Statistics;

/// <summary>A number with its uncertainty.</summary>
/// <param name="Low">The lower end of the 95 % interval.</param>
/// <param name="High">The upper end.</param>
/// <param name="Count">Number of items behind it. With none, the mean is 0 and the interval means nothing.</param>
public sealed record Measure(double Mean, double Low, double High, int Count)
{
    /// <summary>The normal distribution's 97.5 % quantile.</summary>
    internal const double Z = 1.959963984540054;

    /// <summary>Standard error of the mean; 0 when there are too few items to estimate it.</summary>
    public double StandardError { get; init; }

    /// <summary>A share with Wilson's interval (E. B. Wilson, 1927, "Probable inference, the law of succession, and statistical
    /// inference"), which stays within [0, 1] and is accurate near the ends.</summary>
    /// <param name="hits">0 to <paramref name="count"/>.</param>
    public static Measure Share(double hits, int count)
    {
        if (count == 0)
            return new(0, 0, 1, 0);
        var share = hits / count;
        var spread = Z * Z / count;
        var centre = (share + spread / 2) / (1 + spread);
        var half = Z / (1 + spread) * Math.Sqrt((share * (1 - share) + spread / 4) / count);
        // At 0 and 1 the interval ends exactly there, whatever the rounding.
        return new(share, share == 0 ? 0 : centre - half, share == 1 ? 1 : centre + half, count)
        {
            StandardError = Math.Sqrt(share * (1 - share) / count),
        };
    }
}
