using SPaR.Torch.Optimisers;

namespace SPaR.Tests.Torch;

public sealed class ScheduleTests
{
    [Theory]
    [InlineData("linear", new[] { 0.5, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125 })]
    [InlineData("constant_with_warmup", new[] { 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1.0 })]
    public void The_rate_rises_over_the_warm_up_and_then_follows_its_name(string name, double[] expected) =>
        Rates(name, 0.2, 10).ShouldBe(expected, 1e-12);

    [Fact]
    public void Wsd_stays_at_its_peak_and_falls_to_a_fiftieth_over_the_last_three_tenths()
    {
        var rates = Rates("warmup_stable_decay", 0.05, 800);

        rates[0].ShouldBe(1.0 / 40, 1e-12);
        rates[40..561].ShouldAllBe(r => r == 1);
        rates[561].ShouldBeLessThan(1);
        rates[680].ShouldBe(0.5, 1e-12);
        rates[795].ShouldBe(5.0 / 240, 1e-12);
        rates[796..].ShouldAllBe(r => r == 0.02);
    }

    [Fact]
    public void A_cosine_is_at_half_its_peak_half_way()
    {
        var rates = Rates("cosine", 0, 8);

        rates[0].ShouldBe(1);
        rates[4].ShouldBe(0.5, 1e-12);
        rates[7].ShouldBe(0.5 * (1 + Math.Cos(Math.PI * 7 / 8)), 1e-12);
    }

    [Fact]
    public void A_run_that_is_all_warm_up_ends_at_its_peak() => Rates("linear", 1, 4).ShouldBe([0.25, 0.5, 0.75, 1], 1e-12);

    [Fact]
    public void Every_step_learns()
    {
        foreach (var name in Schedule.Names)
            Rates(name, 0.1, 3).ShouldAllBe(r => r > 0);
    }

    private static double[] Rates(string name, double warmup, int steps) =>
        [.. Enumerable.Range(0, steps).Select(s => Schedule.Rate(name, 1, warmup, s, steps))];
}
