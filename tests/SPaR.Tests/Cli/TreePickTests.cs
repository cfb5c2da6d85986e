using SPaR.Cli.Demo;
using SPaR.Client;

namespace SPaR.Tests.Cli;

public sealed class TreePickTests
{
    [Fact]
    public void The_smallest_paired_tree_of_two_levels_is_shown() => Pick(
        ("flat", "paired", 4), ("deep", "paired", 10), ("deeper", "paired", 16), ("failed", "search-failed", 9))
        .ShouldBe("deep");

    [Fact]
    public void Without_one_a_paired_tree_is_shown() =>
        Pick(("small", "paired", 2), ("flat", "paired", 4), ("failed", "search-failed", 16)).ShouldBe("flat");

    [Fact]
    public void Without_pairs_the_largest_tree_is_shown() =>
        Pick(("small", "search-failed", 2), ("large", "search-failed", 16)).ShouldBe("large");

    [Fact]
    public void Without_trees_none_is_shown() => Pick().ShouldBeNull();

    private static string? Pick(params (string Id, string State, int Nodes)[] trees) => TreePick.Choose(
        [.. trees.Select(tree => new TreeSummary { InstructionId = tree.Id, Ordinal = 0, State = tree.State, Nodes = tree.Nodes })],
        branch: 3)?.InstructionId;
}
