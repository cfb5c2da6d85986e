using SPaR.Cli.Client;
using SPaR.Cli.Demo;

namespace SPaR.Tests.Cli;

public sealed class DemoReportTests
{
    private static readonly RunView Run = new(
        "run_1", "succeeded", null, new(3, 3, new Dictionary<string, int> { ["pending"] = 0, ["paired"] = 2, ["already-good"] = 1 }),
        new(1200, 3400, 5600), new(2, 0.875), null);

    [Fact]
    public void The_exact_verifier_measures_both_sides_of_every_pair()
    {
        var report = DemoReport.Of(
            Run,
            [Pair("the owl saw the key .", "the owl ."), Pair("the owl .", "the owl ."), Pair("the key .", "the key .")],
            TimeSpan.Zero);

        report.Verified.Chosen!.Value.ShouldBe(2 / 3.0, 1e-9);
        report.Verified.Rejected!.Value.ShouldBe(1 / 3.0, 1e-9);
    }

    [Fact]
    public void Without_pairs_there_are_no_shares() =>
        DemoReport.Of(Run, [], TimeSpan.Zero).Verified.ShouldBe(new Verified(null, null));

    [Fact]
    public void Everything_else_is_the_services_own_figure()
    {
        var report = DemoReport.Of(Run, [], TimeSpan.FromSeconds(12.3456));

        report.Inputs.ShouldBe(3);
        report.States.Values.Sum().ShouldBe(3);
        report.Pairs.ShouldBe(2);
        report.Similarity.Mean.ShouldBe(0.875);
        report.Tokens.ShouldBe(new TokenCounts(1200, 3400, 5600));
        report.Seconds.ShouldBe(12.346);
    }

    private static Preference Pair(string chosen, string rejected) =>
        new([new("user", "write about forest ; include key ; avoid fox ;")], chosen, rejected);
}
