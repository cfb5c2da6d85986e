using SPaR.Evaluation.Statistics;

namespace SPaR.Tests.Evaluation;

public sealed class MeasureTests
{
    [Theory]
    [InlineData(8, 10)]
    [InlineData(1, 10)]
    [InlineData(77, 500)]
    [InlineData(499, 500)]
    public void The_ends_of_a_shares_interval_are_those_shares_that_lie_196_deviations_of_their_own_away(int hits, int count)
    {
        var share = Measure.Share(hits, count);

        share.Count.ShouldBe(count);
        share.Mean.ShouldBe((double)hits / count);
        foreach (var end in new[] { share.Low, share.High })
            Math.Abs(end - share.Mean).ShouldBe(1.959963984540054 * Math.Sqrt(end * (1 - end) / count), 1e-12);
        share.Low.ShouldBeLessThan(share.Mean);
        share.High.ShouldBeGreaterThan(share.Mean);
    }

    [Fact]
    public void The_interval_of_all_or_nothing_stays_within_zero_and_one()
    {
        Measure.Share(0, 10).Low.ShouldBe(0);
        Measure.Share(0, 10).High.ShouldBe(0.2775, 1e-4);
        Measure.Share(10, 10).High.ShouldBe(1);
        Measure.Share(10, 10).Low.ShouldBe(0.7225, 1e-4);
    }

    [Fact]
    public void No_trials_give_no_estimate() => Measure.Share(0, 0).ShouldBe(new(0, 0, 1, 0));

    [Fact]
    public void The_standard_error_of_a_share_is_the_binomial_one() =>
        Measure.Share(20, 100).StandardError.ShouldBe(0.04, 1e-12);
}
