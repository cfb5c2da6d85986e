using FsCheck;
using FsCheck.Fluent;
using SPaR.Llama.Sampling;

namespace SPaR.Tests.Llama;

public sealed class SamplerTests
{
    private static readonly SamplingOptions Plain = new(1, 1, 0, 0, 1);

    [Fact]
    public void Top_k_keeps_the_most_probable_and_of_equals_the_first() =>
        Agree(Gen.Choose(1, 3000).Select(k => Plain with { TopK = k }), (weights, o) =>
            [.. Ranked(weights).Take(o.TopK)]);

    [Fact]
    public void Min_p_keeps_what_has_the_share_of_the_most_probable() =>
        Agree(Gen.Choose(1, 99).Select(p => Plain with { MinP = p / 100.0 }), (weights, o) =>
            [.. Ranked(weights).Where(t => weights[t] >= (float)o.MinP)]);

    [Fact]
    public void Top_p_keeps_the_smallest_set_with_the_mass() =>
        Agree(Gen.Choose(1, 99).Select(p => Plain with { TopP = p / 100.0 }), (weights, o) =>
            Nucleus(weights, Ranked(weights), o.TopP));

    [Fact]
    public void Filters_follow_each_other() =>
        Agree(
            from k in Gen.Choose(1, 60)
            from p in Gen.Choose(5, 99)
            from m in Gen.Choose(1, 50)
            select new SamplingOptions(0.7, p / 100.0, k, m / 100.0, 1),
            (weights, o) => [.. Nucleus(weights, [.. Ranked(weights).Take(o.TopK)], o.TopP).Where(t => weights[t] >= (float)o.MinP)]);

    [Fact]
    public void Greedy_takes_the_first_of_equals()
    {
        var random = new SplitMix(1);
        float[] logits = [0, 3, -1, 3, 2];
        new Sampler(5).Draw(logits, Plain with { Temperature = 0 }, [], [], ref random).ShouldBe(1);
    }

    [Fact]
    public void The_same_seed_draws_the_same()
    {
        var logits = Logits(1000, 5);
        var sampler = new Sampler(1000);
        List<int> Draw(ulong seed)
        {
            var random = new SplitMix(seed);
            return [.. Enumerable.Range(0, 50).Select(_ => sampler.Draw(logits, Plain, [], [], ref random))];
        }
        Draw(9).ShouldBe(Draw(9));
        Draw(9).ShouldNotBe(Draw(10));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_score_that_is_not_a_number_is_an_error(float bad)
    {
        var random = new SplitMix(1);
        foreach (var at in new[] { 0, 7, 100 })
        {
            var logits = Logits(101, 1);
            logits[at] = bad;
            Should.Throw<DamagedWeightsException>(
                () => new Sampler(101).Draw(logits, Plain with { Temperature = at % 2 }, [], [], ref random))
                .Message.ShouldContain("weights are damaged");
        }
    }

    [Fact]
    public void Impossible_tokens_are_never_drawn()
    {
        var logits = Enumerable.Repeat(float.NegativeInfinity, 64).ToArray();
        logits[40] = 1;
        var random = new SplitMix(3);
        new Sampler(64).Draw(logits, Plain with { TopK = 10 }, [], [], ref random).ShouldBe(40);
    }

    [Theory]
    [InlineData(0, 0.01)]
    [InlineData(1, 3)]
    [InlineData(2, 20)]
    [InlineData(3, 0)]
    public void Top_p_takes_few_tries_whatever_the_distribution(int seed, double spread)
    {
        const int draws = 500;
        var noise = new SplitMix((ulong)seed);
        float[] logits = [.. Enumerable.Range(0, 5000).Select(_ => (float)(noise.Next() * spread))];
        var (random, again) = (new SplitMix(1), new SplitMix(1));
        var sampler = new Sampler(logits.Length);
        for (var i = 0; i < draws; i++)
            sampler.Draw(logits, Plain with { TopP = 0.9 }, [], [], ref random);

        var (end, tries) = (random.Next(), 0);
        while (again.Next() != end)
            tries++;

        // Each is accepted with probability 0.9, so 556 are expected, with a standard deviation of 8.
        tries.ShouldBeInRange(draws, 610);
    }

    [Fact]
    public void A_penalty_is_for_each_token_of_prompt_and_answer_once()
    {
        var sampler = new Sampler(5);
        var random = new SplitMix(1);
        float[] logits = [4, 3, 2.5f, -1, -2];
        int Greedy(double penalty, int[] prompt, int[] generated) =>
            sampler.Draw(logits, Plain with { Temperature = 0, RepetitionPenalty = penalty }, prompt, generated, ref random);

        Greedy(1, [0, 1], [2]).ShouldBe(0, "1 is off");
        Greedy(1.5, [0], []).ShouldBe(1, "4 / 1.5 is below 3");
        Greedy(1.5, [], [0]).ShouldBe(1, "what was generated counts as the prompt does");
        Greedy(1.3, [0, 0], [0]).ShouldBe(0, "4 / 1.3 is above 3, however often the token stood");
        Greedy(0.5, [1], []).ShouldBe(1, "below 1 it makes a token more likely");
        logits.ShouldBe([4, 3, 2.5f, -1, -2], "the model's scores stay as they are");
        logits = [-1.5f, -1, -2, -9, -9];
        Greedy(2, [1], []).ShouldBe(0, "a negative score is multiplied: divided, it would become the greatest");
    }

    private static void Agree(Gen<SamplingOptions> options, Func<float[], SamplingOptions, HashSet<int>> expected)
    {
        var cases = from o in options
                    from n in Gen.Choose(1, 3000)
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (o, n, seed);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var sampler = new Sampler(c.n);
            sampler.SetDistribution(Logits(c.n, c.seed), c.o);
            var kept = Enumerable.Range(0, c.n).Where(sampler.Keeps).ToHashSet();
            var wanted = expected(sampler.Weights.ToArray(), c.o);
            // Sums in another order round differently: only the one token at the edge of the mass may differ.
            kept.Count.ShouldBeInRange(wanted.Count - 1, wanted.Count + 1);
            kept.Except(wanted).Concat(wanted.Except(kept)).Count().ShouldBeLessThanOrEqualTo(c.o.TopP < 1 ? 1 : 0);
        }));
    }

    /// <summary>Peaked, flat, or with many equal values, depending on the seed.</summary>
    private static float[] Logits(int count, int seed)
    {
        var random = new SplitMix((ulong)seed);
        var scale = (seed % 3) switch { 0 => 0.01, 1 => 3, _ => 20 };
        var logits = new float[count];
        for (var i = 0; i < count; i++)
            logits[i] = seed % 2 == 0 ? (float)(random.Next() * scale) : (float)(Math.Floor(random.Next() * 8) * scale / 8);
        return logits;
    }

    private static int[] Ranked(float[] weights) =>
        [.. Enumerable.Range(0, weights.Length).OrderByDescending(t => weights[t]).ThenBy(t => t)];

    private static HashSet<int> Nucleus(float[] weights, int[] ranked, double topP)
    {
        var target = topP * ranked.Sum(t => (double)weights[t]);
        var set = new HashSet<int>();
        var mass = 0.0;
        foreach (var token in ranked)
        {
            if (mass >= target)
                break;
            set.Add(token);
            mass += weights[token];
        }
        return set;
    }
}
