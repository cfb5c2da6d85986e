using SPaR.Method.Items;

namespace SPaR.Tests;

public sealed class SeedTests
{
    [Fact]
    public void The_same_position_gives_the_same_seed() =>
        Seed.Derive(7, 0, 3, "sample", 1).ShouldBe(Seed.Derive(7, 0, 3, "sample", 1));

    [Fact]
    public void Rounds_have_different_seeds_and_those_of_the_first_never_change()
    {
        var first = Items.Item(new(), new(), Items.Plain) with { Key = new("run", 1, "ins") };

        first.Seed("sample", 0).ShouldBe(5537925355334829055UL);
        (first with { Key = new("run", 2, "ins") }).Seed("sample", 0).ShouldNotBe(first.Seed("sample", 0));
    }

    [Theory]
    [InlineData(8, 3, "sample", 1)]
    [InlineData(7, 4, "sample", 1)]
    [InlineData(7, 3, "vote", 1)]
    [InlineData(7, 3, "sample", 2)]
    public void Another_position_gives_another_seed(long run, int ordinal, string step, int index) =>
        Seed.Derive(run, 0, ordinal, step, index).ShouldNotBe(Seed.Derive(7, 0, 3, "sample", 1));
}
