using SPaR.Llama.Sampling;

namespace SPaR.Tests.Llama;

/// <summary>Compares draws with many seeds with the probabilities of <see cref="SamplerReference"/>, by chi-square.</summary>
public sealed class SamplerDistributionTests
{
    private const int Vocabulary = 3000, Seeds = 20, Draws = 3000;

    // The normal deviate that is exceeded once in a billion times. The tests make 21 comparisons in each of 36 cases, so a correct sampler
    // fails with less than a millionth of all choices of seeds.
    private const double Deviate = 6;

    // Pooled below this, so that the statistic follows chi-square even in its tail.
    private const double LeastExpected = 25;

    private static readonly SamplingOptions Plain = new(1, 1, 0, 0, 1);

    private static readonly int[] Prompt = [.. Enumerable.Range(0, 40)], Generated = [.. Enumerable.Range(20, 60)];

    public static TheoryData<string, SamplingOrder, string> Cases() => new(
        from shape in new[] { "peaked", "zipf", "flat" }
        from order in Enum.GetValues<SamplingOrder>()
        from filter in new[] { "none", "top-p", "top-k", "min-p", "all", "penalty" }
        select (shape, order, filter));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Draws_follow_the_distribution(string shape, SamplingOrder order, string filter)
    {
        var options = Filter(filter) with { Order = order };
        var logits = Logits(shape);
        var expected = SamplerReference.Probabilities(logits, options, [.. Prompt, .. Generated]);

        var counts = Counts(logits, options);

        foreach (var seed in counts)
            Excess(seed, expected).ShouldBeLessThan(Deviate);
        Excess(Total(counts), expected).ShouldBeLessThan(Deviate);
    }

    /// <summary>A wrong sampler exceeds the bound above: here a correct one gets other options than the reference.</summary>
    [Theory]
    [InlineData("zipf", 1.5, 0.9, 0, 0, 1, SamplingOrder.FiltersFirst)]
    [InlineData("peaked", 1.5, 0.9, 0, 0, 1, SamplingOrder.FiltersFirst)]
    [InlineData("zipf", 1.5, 1, 0, 0.03, 1, SamplingOrder.FiltersFirst)]
    [InlineData("zipf", 1.45, 0.9, 0, 0, 1, SamplingOrder.TemperatureFirst)]
    [InlineData("zipf", 1.5, 0.88, 0, 0, 1, SamplingOrder.TemperatureFirst)]
    [InlineData("flat", 1.5, 0.88, 0, 0, 1, SamplingOrder.TemperatureFirst)]
    [InlineData("zipf", 1.5, 0.9, 0, 0, 1.1, SamplingOrder.TemperatureFirst)]
    [InlineData("zipf", 1.5, 0.9, 50, 0, 1, SamplingOrder.TemperatureFirst)]
    public void A_sampler_that_does_something_else_is_found_out(
        string shape, double temperature, double topP, int topK, double minP, double penalty, SamplingOrder order)
    {
        var told = new SamplingOptions(temperature, topP, topK, minP, 1) { RepetitionPenalty = penalty, Order = order };
        var wanted = Plain with { Temperature = 1.5, TopP = minP > 0 ? 1 : 0.9, MinP = minP };
        var logits = Logits(shape);

        var counts = Counts(logits, told);

        Excess(Total(counts), SamplerReference.Probabilities(logits, wanted, [])).ShouldBeGreaterThan(Deviate);
        Excess(Total(counts), SamplerReference.Probabilities(logits, told, [.. Prompt, .. Generated])).ShouldBeLessThan(Deviate);
    }

    private static SamplingOptions Filter(string name) => name switch
    {
        "none" => Plain with { Temperature = 0.8 },
        "top-p" => Plain with { Temperature = 1.5, TopP = 0.9 },
        "top-k" => Plain with { Temperature = 0.7, TopK = 40 },
        "min-p" => Plain with { Temperature = 1.5, MinP = 0.03 },
        "all" => new(1.3, 0.8, 100, 0.01, 1) { RepetitionPenalty = 1.2 },
        _ => Plain with { RepetitionPenalty = 1.3, TopP = 0.95 },
    };

    private static float[] Logits(string shape)
    {
        var noise = new SplitMix(3);
        return [.. Enumerable.Range(0, Vocabulary).Select(i => shape switch
        {
            "peaked" => (float)(noise.Next() * 4) + (i % 700 == 17 ? 8 : -1),
            // 1009 and the vocabulary are coprime: every rank once, out of order.
            "zipf" => 3 - MathF.Log(1 + (i * 1009 + 500) % Vocabulary),
            _ => (float)(noise.Next() * 0.01),
        })];
    }

    private static int[][] Counts(float[] logits, SamplingOptions options)
    {
        var sampler = new Sampler(Vocabulary);
        var counts = new int[Seeds][];
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new SplitMix((ulong)seed);
            counts[seed] = new int[Vocabulary];
            for (var i = 0; i < Draws; i++)
                counts[seed][sampler.Draw(logits, options, Prompt, Generated, ref random)]++;
        }
        return counts;
    }

    private static int[] Total(int[][] counts) => [.. Enumerable.Range(0, Vocabulary).Select(t => counts.Sum(seed => seed[t]))];

    /// <summary>The chi-square statistic as a normal deviate (Wilson and Hilferty 1931); infinite if an impossible token was
    /// drawn.</summary>
    private static double Excess(int[] counts, double[] probabilities)
    {
        if (counts.Where((count, token) => count > 0 && probabilities[token] == 0).Any())
            return double.PositiveInfinity;
        var draws = (double)counts.Sum();
        var (statistic, freedom) = (0.0, -1);
        var (seen, expected, rest) = (0, 0.0, 1.0);
        // From the most likely on, so that the pools contain unlikely tokens.
        foreach (var token in Enumerable.Range(0, Vocabulary).Where(t => probabilities[t] > 0).OrderByDescending(t => probabilities[t]))
        {
            seen += counts[token];
            expected += probabilities[token] * draws;
            rest -= probabilities[token];
            if (expected < LeastExpected || (rest * draws < LeastExpected && rest > 1e-9))
                continue;
            statistic += (seen - expected) * (seen - expected) / expected;
            freedom++;
            (seen, expected) = (0, 0);
        }
        var spread = 2.0 / (9 * freedom);
        return freedom == 0 ? 0 : (Math.Cbrt(statistic / freedom) - (1 - spread)) / Math.Sqrt(spread);
    }
}
