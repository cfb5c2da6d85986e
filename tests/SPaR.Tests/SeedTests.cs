using SPaR.Runs;

namespace SPaR.Tests;

public sealed class SeedTests
{
    [Fact]
    public void The_same_position_gives_the_same_seed() =>
        Seed.Derive(7, 0, 3, "sample", 1).ShouldBe(Seed.Derive(7, 0, 3, "sample", 1));

    [Theory]
    [InlineData(8, 3, "sample", 1)]
    [InlineData(7, 4, "sample", 1)]
    [InlineData(7, 3, "vote", 1)]
    [InlineData(7, 3, "sample", 2)]
    public void Another_position_gives_another_seed(long run, int ordinal, string step, int index) =>
        Seed.Derive(run, 0, ordinal, step, index).ShouldNotBe(Seed.Derive(7, 0, 3, "sample", 1));
}
