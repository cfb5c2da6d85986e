using SPaR.Evaluation;

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
    public void No_trials_say_nothing() => Measure.Share(0, 0).ShouldBe(new(0, 0, 1, 0));

    [Fact]
    public void F1_is_that_of_the_confusion_table_and_its_interval_is_carried_over_from_the_share_of_both_among_either()
    {
        // 60 true positives, 20 false positives, 30 false negatives: precision 3/4, recall 2/3.
        var f1 = Measure.F1(both: 60, either: 110);

        f1.Mean.ShouldBe(2 * 0.75 * (2.0 / 3) / (0.75 + 2.0 / 3), 1e-12);
        var share = Measure.Share(60, 110);
        f1.Low.ShouldBe(2 * share.Low / (1 + share.Low), 1e-12);
        f1.High.ShouldBe(2 * share.High / (1 + share.High), 1e-12);
        f1.Count.ShouldBe(110);
    }
}
