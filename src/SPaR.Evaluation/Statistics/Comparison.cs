using System.Runtime.InteropServices;
using SPaR.Method.Items;

namespace SPaR.Evaluation.Statistics;

/// <summary>Compares two evaluations item by item, so that differences between items cancel out.</summary>
/// <param name="Paired">Number of items that both have; all statistics are over these.</param>
/// <param name="OnlyA">Number of items that only a has.</param>
/// <param name="OnlyB">Number of items that only b has.</param>
/// <param name="Measures">By name; only measures that both have.</param>
/// <param name="Groups">By group, then by name.</param>
public sealed record Comparison(
    int Paired, int OnlyA, int OnlyB, IReadOnlyDictionary<string, Contrast> Measures,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, Contrast>> Groups)
{
    /// <param name="a">Results by the key of their item.</param>
    /// <param name="b">Results by the key of their item; differences are b minus a.</param>
    /// <param name="seed">Seeds the resampling; the same seed gives the same numbers.</param>
    public static Comparison Of(
        IReadOnlyDictionary<string, ItemResult> a, IReadOnlyDictionary<string, ItemResult> b, long seed,
        int resamples = Bootstrap.Resamples)
    {
        // In the order of the keys, so that resampling does not depend on the order of storage.
        var pairs = a.Keys.Where(b.ContainsKey).Order(StringComparer.Ordinal)
            .Select(key => (A: a[key].Tallies, B: b[key].Tallies)).ToList();
        var groups = pairs.SelectMany(p => p.A.Concat(p.B)).Select(t => t.Group).OfType<string>().Distinct().Order(StringComparer.Ordinal);
        return new(
            pairs.Count, a.Count - pairs.Count, b.Count - pairs.Count, Contrasts(_ => true, ""),
            groups.Select(group => (group, contrasts: Contrasts(t => t.Group == group, group)))
                .Where(g => g.contrasts.Count > 0).ToDictionary(g => g.group, g => g.contrasts));

        IReadOnlyDictionary<string, Contrast> Contrasts(Func<Tally, bool> counts, string group)
        {
            var sums = new Dictionary<string, List<PairedSum>>();
            foreach (var (one, two) in pairs)
            {
                var other = ItemSum.ByMeasure(two.Where(counts)).ToDictionary();
                foreach (var (measure, sum) in ItemSum.ByMeasure(one.Where(counts)))
                    if (other.TryGetValue(measure, out var sumB))
                        (CollectionsMarshal.GetValueRefOrAddDefault(sums, measure, out _) ??= []).Add(new(sum, sumB));
            }

            return sums.ToDictionary(s => s.Key, s => Contrast.Of([.. s.Value], Seed.Derive(seed, "compare", group, s.Key), resamples));
        }
    }
}

/// <summary>One measure of two evaluations.</summary>
/// <param name="Difference">b minus a.</param>
/// <param name="Low">The lower end of the difference's 95 % interval.</param>
/// <param name="High">The upper end.</param>
/// <param name="PValue">How often exchanging the two at random gives a difference at least as large.</param>
/// <param name="Wins">Number of items on which b is better.</param>
/// <param name="Losses">Number of items on which a is better.</param>
/// <param name="Ties">Number of items on which neither is.</param>
public sealed record Contrast(
    Measure A, Measure B, double Difference, double Low, double High, double PValue, int Wins, int Losses, int Ties)
{
    // Sums in a different order differ in their last digits.
    internal const double Rounding = 1e-12;

    /// <summary>The interval is the bootstrap's over pairs of results (B. Efron and R. J. Tibshirani, 1993, "An introduction to the
    /// bootstrap", chapter 13). The two-sided p-value comes from exchanging the results of a pair (E. W. Noreen, 1989,
    /// "Computer-intensive methods for testing hypotheses") and counts the observed difference itself: (hits + 1) / (n + 1).</summary>
    internal static Contrast Of(PairedSum[] pairs, ulong seed, int resamples)
    {
        var difference = Total(pairs).Difference;
        var (low, high) = Resampled(pairs, new(seed), resamples);
        // Rounding may put a bound slightly on the wrong side.
        (low, high) = (Math.Min(low, difference), Math.Max(high, difference));
        var p = Exchanged(pairs, Math.Abs(difference) - Rounding, new(~seed), resamples);
        var pooled = Total(pairs).Pooled;
        var gains = pairs.Select(pair => pair.Gain(pooled)).ToList();
        var (wins, losses) = (gains.Count(g => g > Rounding), gains.Count(g => g < -Rounding));
        var (a, b) = (Measures.Ratio([.. pairs.Select(pair => pair.A)]), Measures.Ratio([.. pairs.Select(pair => pair.B)]));
        return new(a, b, difference, low, high, p, wins, losses, pairs.Length - wins - losses);
    }

    private static (double Low, double High) Resampled(PairedSum[] pairs, RandomGenerator random, int resamples)
    {
        var differences = new double[resamples];
        for (var resample = 0; resample < resamples; resample++)
        {
            var sums = default(Sums);
            for (var i = 0; i < pairs.Length; i++)
                sums.Add(in pairs[random.Below(pairs.Length)]);
            differences[resample] = sums.Difference;
        }

        return Bootstrap.Middle(differences);
    }

    private static double Exchanged(PairedSum[] pairs, double atLeast, RandomGenerator random, int resamples)
    {
        var hits = 0;
        for (var resample = 0; resample < resamples; resample++)
        {
            var sums = default(Sums);
            var coins = 0UL;
            for (var i = 0; i < pairs.Length; i++, coins >>= 1)
            {
                if (i % 64 == 0)
                    coins = random.Next();
                if ((coins & 1) == 0)
                    sums.Add(in pairs[i]);
                else
                    sums.AddExchanged(in pairs[i]);
            }

            if (Math.Abs(sums.Difference) >= atLeast)
                hits++;
        }

        return (hits + 1.0) / (resamples + 1.0);
    }

    private static Sums Total(PairedSum[] pairs)
    {
        var sums = default(Sums);
        foreach (ref readonly var pair in pairs.AsSpan())
            sums.Add(in pair);
        return sums;
    }

    private struct Sums
    {
        private double _hitsA, _ofA, _hitsB, _ofB;

        public readonly double Difference => Ratio(_hitsB, _ofB) - Ratio(_hitsA, _ofA);

        public readonly double Pooled => Ratio(_hitsA + _hitsB, _ofA + _ofB);

        public void Add(in PairedSum pair)
        {
            _hitsA += pair.A.Hits;
            _ofA += pair.A.Of;
            _hitsB += pair.B.Hits;
            _ofB += pair.B.Of;
        }

        public void AddExchanged(in PairedSum pair)
        {
            _hitsA += pair.B.Hits;
            _ofA += pair.B.Of;
            _hitsB += pair.A.Hits;
            _ofB += pair.A.Of;
        }

        private static double Ratio(double hits, double of) => of > 0 ? hits / of : 0;
    }
}

/// <summary>What one item adds to a measure in each evaluation.</summary>
internal readonly record struct PairedSum(ItemSum A, ItemSum B)
{
    /// <summary>The measure over the results of both evaluations together.</summary>
    public static double Pooled(IReadOnlyCollection<PairedSum> pairs)
    {
        var of = pairs.Sum(p => p.A.Of + p.B.Of);
        return of > 0 ? pairs.Sum(p => p.A.Hits + p.B.Hits) / of : 0;
    }

    /// <summary>How much more b's result raises a measure with this ratio than a's does. For single trials: 1 if only b hits, −1 if only
    /// a does.</summary>
    public double Gain(double ratio) => (B.Hits - ratio * B.Of) - (A.Hits - ratio * A.Of);
}
