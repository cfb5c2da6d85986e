using SPaR.Llama.Sampling;

namespace SPaR.Tests.Llama;

public sealed class LogSoftmaxTests
{
    /// <summary>Includes sizes around that of a chunk.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(3000)]
    public void Probabilities_are_those_of_a_plain_sum_and_add_up_to_one(int vocabulary)
    {
        var random = new Random(vocabulary);
        float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(random.NextDouble() * 20 - 10))];
        var sum = logits.Sum(l => Math.Exp(l));

        double[] all = [.. logits.Select((_, token) => LogSoftmax.Of(logits, token))];

        for (var token = 0; token < vocabulary; token++)
            all[token].ShouldBe(logits[token] - Math.Log(sum), 1e-12);
        all.Sum(Math.Exp).ShouldBe(1, 1e-12);
    }

    [Fact]
    public void Logits_of_any_size_neither_overflow_nor_vanish()
    {
        LogSoftmax.Of([3e38f, 3e38f, -3e38f], 0).ShouldBe(-Math.Log(2), 1e-15);
        LogSoftmax.Of([0, -100_000], 1).ShouldBe(-100_000, "a probability that is no number of its own still has a logarithm");
        LogSoftmax.Of([5, float.NegativeInfinity], 1).ShouldBe(double.NegativeInfinity);
    }

    /// <summary>Each is less than half a unit in the last place of a float at 1: a sum in floats would not grow.</summary>
    [Fact]
    public void A_sum_of_many_small_terms_keeps_them()
    {
        var logits = new float[200_000];
        logits[0] = 17;
        LogSoftmax.Of(logits, 0).ShouldBe(-Math.Log(1 + (199_999 * Math.Exp(-17))), 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(5000)]
    public void The_most_probable_tokens_come_in_order_and_of_equals_the_first(int top)
    {
        var random = new Random(top);
        // Few values, so that many are equal.
        float[] logits = [.. Enumerable.Range(0, 2000).Select(_ => random.Next(50) / 10f)];

        var (token, most) = LogSoftmax.Of(logits, 77, top);

        token.ShouldBe(LogSoftmax.Of(logits, 77));
        most.Select(m => m.Token).ShouldBe(Enumerable.Range(0, 2000).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(top));
        most.ShouldAllBe(m => m.LogProb == LogSoftmax.Of(logits, m.Token));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_logit_that_is_not_a_number_is_damage(float logit) =>
        Should.Throw<DamagedWeightsException>(() => LogSoftmax.Of([1, logit, 2], 0));

    [Fact]
    public void The_first_of_the_greatest_is_what_greedy_generation_takes() => Sampler.MostProbable([1, 3, 2, 3]).ShouldBe(1);
}
