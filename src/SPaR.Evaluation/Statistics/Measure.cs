namespace SPaR.Evaluation.Statistics;

/// <summary>A figure with its uncertainty.</summary>
/// <param name="Mean">What was measured.</param>
/// <param name="Low">The lower end of the 95 % interval.</param>
/// <param name="High">The upper end.</param>
/// <param name="Count">How many items stand behind it. Without any, the mean is 0 and the interval says nothing.</param>
public sealed record Measure(double Mean, double Low, double High, int Count)
{
    /// <summary>The normal distribution's 97.5 % quantile.</summary>
    internal const double Z = 1.959963984540054;

    /// <summary>How far the mean would lie from itself with other items of the same kind; 0 where there are none to tell.</summary>
    public double StandardError { get; init; }

    /// <summary>A share with Wilson's interval (E. B. Wilson, 1927, "Probable inference, the law of succession, and statistical
    /// inference"): it stays within 0 and 1, and is right near them.</summary>
    /// <param name="hits">0 to <paramref name="count"/>.</param>
    public static Measure Share(double hits, int count)
    {
        if (count == 0)
            return new(0, 0, 1, 0);
        var share = hits / count;
        var spread = Z * Z / count;
        var centre = (share + spread / 2) / (1 + spread);
        var half = Z / (1 + spread) * Math.Sqrt((share * (1 - share) + spread / 4) / count);
        // At 0 and 1 the interval ends there exactly, which rounding must not hide.
        return new(share, share == 0 ? 0 : centre - half, share == 1 ? 1 : centre + half, count)
        {
            StandardError = Math.Sqrt(share * (1 - share) / count),
        };
    }
}
