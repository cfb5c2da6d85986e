namespace SPaR.Evaluation;

/// <summary>A figure with its uncertainty.</summary>
/// <param name="Mean">What was measured.</param>
/// <param name="Low">The lower end of the 95 % interval.</param>
/// <param name="High">The upper end.</param>
/// <param name="Count">How many trials stand behind it. Without any, the mean is 0 and the interval says nothing: 0 to 1.</param>
public sealed record Measure(double Mean, double Low, double High, int Count)
{
    /// <summary>The normal distribution's 97.5 % quantile.</summary>
    private const double Z = 1.959963984540054;

    /// <summary>A share with Wilson's interval (E. B. Wilson, 1927, "Probable inference, the law of succession, and statistical
    /// inference"): it stays within 0 and 1, and is right near them.</summary>
    /// <param name="hits">0 to <paramref name="count"/>.</param>
    public static Measure Share(int hits, int count)
    {
        if (count == 0)
            return new(0, 0, 1, 0);
        var share = (double)hits / count;
        var spread = Z * Z / count;
        var centre = (share + spread / 2) / (1 + spread);
        var half = Z / (1 + spread) * Math.Sqrt((share * (1 - share) + spread / 4) / count);
        // At 0 and 1 the interval ends there exactly, which rounding must not hide.
        return new(share, hits == 0 ? 0 : centre - half, hits == count ? 1 : centre + half, count);
    }

    /// <summary>F1 of what was found among what was there. F1 = 2J / (1 + J) with J, the share of both among either, and grows with it:
    /// so its interval is that of J, carried over.</summary>
    /// <param name="both">Found and there.</param>
    /// <param name="either">Found or there, or both: the trials that count.</param>
    public static Measure F1(int both, int either)
    {
        var share = Share(both, either);
        return new(Of(share.Mean), Of(share.Low), Of(share.High), either);

        static double Of(double j) => 2 * j / (1 + j);
    }
}
