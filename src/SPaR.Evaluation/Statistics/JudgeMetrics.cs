using System.Collections.Immutable;
using SPaR.Method.Items;

namespace SPaR.Evaluation.Statistics;

/// <summary>One judged answer and the truth about it.</summary>
/// <param name="Value">Share of yes, in [0, 1].</param>
/// <param name="Truth">1 for a good answer, 0 for a bad one.</param>
/// <param name="Length">Length of the answer in characters.</param>
/// <param name="Tokens">Tokens that the judge generated for it.</param>
/// <param name="By">Who wrote the answer; null when unknown.</param>
/// <param name="Pair">The key that both sides of a pair share; null for a single answer.</param>
internal sealed record JudgedCase(
    Label Label, double Value, int Truth, int Length, long Tokens, ImmutableArray<Verdict> Votes, string? By, string? Pair)
{
    /// <summary>How much higher the judge values the answer than the truth.</summary>
    public double Bias => Value - Truth;
}

/// <summary>Statistics of a judge over many judgements, each with a bootstrap interval. The seed is fixed, so they are
/// reproducible.</summary>
internal static class JudgeMetrics
{
    public const string Self = "self", Other = "other";

    private const int Bins = 10;

    public static IReadOnlyDictionary<string, Measure> Of(IReadOnlyList<JudgedCase> cases) => new Dictionary<string, Measure>
    {
        ["expected_calibration_error"] = Statistic(cases, CalibrationError, 0, 1),
        ["self_preference"] = Statistic([.. cases.Where(c => c.By is not null)], SelfPreference, -2, 2),
        ["length_bias"] = Statistic(cases, LengthBias, -1, 1),
        ["pairwise_agreement"] = Statistic(Agreements(cases), a => a.Average(), 0, 1),
        ["tokens_per_judgement"] = Statistic(cases, c => c.Average(j => (double)j.Tokens), 0, cases.Max(c => (double?)c.Tokens) ?? 0),
    };

    /// <summary>Mean distance between value and truth over ten bins of the value, weighted by their counts (M. P. Naeini, G. F. Cooper and
    /// M. Hauskrecht, 2015, "Obtaining well calibrated probabilities using Bayesian binning"; arXiv 1706.04599).</summary>
    internal static double? CalibrationError(IReadOnlyList<JudgedCase> cases)
    {
        Span<double> bias = stackalloc double[Bins];
        bias.Clear();
        foreach (var one in cases)
            bias[Math.Min(Bins - 1, (int)(one.Value * Bins))] += one.Bias;
        var sum = 0.0;
        foreach (var one in bias)
            sum += Math.Abs(one);
        return cases.Count == 0 ? null : sum / cases.Count;
    }

    /// <summary>How much more the judge favours answers of its own model: the mean of value − truth over these, minus the mean over the
    /// others.</summary>
    internal static double? SelfPreference(IReadOnlyList<JudgedCase> cases)
    {
        var (own, others, ownBias, othersBias) = (0, 0, 0.0, 0.0);
        foreach (var one in cases)
        {
            if (one.By == Self)
                (own, ownBias) = (own + 1, ownBias + one.Bias);
            else
                (others, othersBias) = (others + 1, othersBias + one.Bias);
        }

        return own == 0 || others == 0 ? null : ownBias / own - othersBias / others;
    }

    /// <summary>Pearson correlation of value − truth with the logarithm of the answer's length; above 0, the judge
    /// favours long answers.</summary>
    internal static double? LengthBias(IReadOnlyList<JudgedCase> cases)
    {
        var (n, x, y, xx, yy, xy) = (cases.Count, 0.0, 0.0, 0.0, 0.0, 0.0);
        foreach (var one in cases)
        {
            var (length, bias) = (Math.Log(1 + one.Length), one.Bias);
            (x, y, xx, yy, xy) = (x + length, y + bias, xx + length * length, yy + bias * bias, xy + length * bias);
        }

        var spread = (xx - x * x / n) * (yy - y * y / n);
        return n < 2 || !(spread > 1e-12) ? null : Math.Clamp((xy - x * y / n) / Math.Sqrt(spread), -1, 1);
    }

    /// <returns>For each pair with both sides judged: 1 if the better one got the higher value, a half for equal values, else 0.</returns>
    internal static IReadOnlyList<double> Agreements(IReadOnlyList<JudgedCase> cases) =>
    [
        .. cases.Where(c => c.Pair is not null).GroupBy(c => c.Pair).Select(p => p.OrderBy(c => c.Truth).ToArray())
            .Where(sides => sides is [{ Truth: 0 }, { Truth: 1 }])
            .Select(sides => (1 + Math.Sign(sides[1].Value - sides[0].Value)) / 2.0),
    ];

    private static Measure Statistic<T>(IReadOnlyList<T> items, Func<IReadOnlyList<T>, double?> statistic, double least, double most) =>
        Bootstrap.Of(items, statistic, least, most, Seed.Derive(0, "judge-figures"));
}
