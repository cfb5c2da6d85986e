using SPaR.Service.Runs;

namespace SPaR.Tests.Verifying;

public sealed class VerifierStatisticsTests
{
    [Fact]
    public void Shares_and_the_judges_accuracy_come_with_their_counts()
    {
        var metrics = VerifierStatistics.Of(
        [
            Group("sampled", true, 1), Group("sampled", false, 3), Group("chosen", true, 2), Group("rejected", false, 2),
            Group("good", true, 4), Group("good", false, 1), Group("bad", true, 2), Group("bad", false, 2), Group("tie", true, 1),
            Group("unreadable", false, 0), Group("good", true, 4, round: 2),
        ]);

        metrics.Sampled.ShouldBe(new(4, 1, 0.25));
        metrics.Chosen.ShouldBe(new(2, 2, 1));
        metrics.Rejected.ShouldBe(new(2, 0, 0));
        metrics.Judge.ShouldBe(new(8, 1, 2, 2, 1, 10.0 / 14));
    }

    [Fact]
    public void Without_answers_there_are_counts_and_no_shares() =>
        VerifierStatistics.Of([]).ShouldBe(new(new(0, 0, null), new(0, 0, null), new(0, 0, null), new(0, 0, 0, 0, 0, null)));

    private static VerifiedGroup Group(string of, bool followed, int count, int round = 1) => new("run_1", round, of, followed, count);
}
