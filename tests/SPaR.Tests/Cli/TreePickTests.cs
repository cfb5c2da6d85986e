using SPaR.Cli.Client;
using SPaR.Cli.Demo;

namespace SPaR.Tests.Cli;

public sealed class TreePickTests
{
    [Fact]
    public void The_smallest_paired_tree_of_two_levels_is_shown() => Pick(
        new("flat", "paired", 4), new("deep", "paired", 10), new("deeper", "paired", 16), new("failed", "search-failed", 9))
        .ShouldBe("deep");

    [Fact]
    public void Without_one_a_paired_tree_is_shown() =>
        Pick(new("small", "paired", 2), new("flat", "paired", 4), new("failed", "search-failed", 16)).ShouldBe("flat");

    [Fact]
    public void Without_pairs_the_largest_tree_is_shown() =>
        Pick(new("small", "search-failed", 2), new("large", "search-failed", 16)).ShouldBe("large");

    [Fact]
    public void Without_trees_none_is_shown() => Pick().ShouldBeNull();

    private static string? Pick(params TreeSummary[] trees) => TreePick.Choose(trees, branch: 3)?.InstructionId;
}
