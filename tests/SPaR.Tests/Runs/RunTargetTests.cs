using SPaR.Service.Items;

namespace SPaR.Tests.Runs;

public sealed class RunTargetTests
{
    [Theory]
    [InlineData(9, 99, 999, null)]
    [InlineData(10, 0, 0, "target-pairs")]
    [InlineData(11, 100, 1000, "target-pairs")]
    [InlineData(9, 100, 1000, "limit-seconds")]
    [InlineData(9, 99, 1000, "limit-tokens")]
    public void Self_play_ends_at_the_first_thing_that_is_reached(int pairs, double seconds, long tokens, string? detail) =>
        new RunTarget(Pairs: 10, Seconds: 100, Tokens: 1000).Reached(new(pairs, seconds, tokens)).ShouldBe(detail);

    [Theory]
    [InlineData(3599, 999_999, null)]
    [InlineData(3600, 1_000_000, "limit-cost")]
    [InlineData(7200, 0, "limit-cost")]
    [InlineData(0, 4_000_000, "limit-cost")]
    public void Cost_is_hours_and_tokens_by_their_prices(double seconds, long tokens, string? detail) =>
        new RunTarget(Cost: 2, Prices: new(Hour: 1.5, MillionTokens: 0.5)).Limit(new(1000, seconds, tokens)).ShouldBe(detail);

    [Fact]
    public void Pairs_are_no_limit_of_the_run() => new RunTarget(Pairs: 1).Limit(new(5, 5, 5)).ShouldBeNull();
}
