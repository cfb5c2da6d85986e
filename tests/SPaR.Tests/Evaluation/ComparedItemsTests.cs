using SPaR.Evaluation.Statistics;

namespace SPaR.Tests.Evaluation;

public sealed class ComparedItemsTests
{
    [Fact]
    public void An_item_is_won_lost_or_tied_as_the_comparison_counts_it()
    {
        var before = Results(("won", 0, 1), ("lost", 1, 1), ("tied", 1, 1), ("part", 1, 2), ("gone", 1, 1));
        var after = Results(("won", 1, 1), ("lost", 0, 1), ("tied", 1, 1), ("part", 2, 2), ("new", 1, 1));

        var outcomes = ComparedItems.Of(before, after, "share");

        outcomes.ShouldBe(
            new Dictionary<string, ComparedOutcome>
            {
                ["won"] = ComparedOutcome.Win,
                ["lost"] = ComparedOutcome.Loss,
                ["tied"] = ComparedOutcome.Tie,
                ["part"] = ComparedOutcome.Win,
            }, ignoreOrder: true);
        var contrast = Comparison.Of(before, after, seed: 1).Measures["share"];
        (contrast.Wins, contrast.Losses, contrast.Ties).ShouldBe((2, 1, 1), "the two must agree");
        ComparedItems.Of(before, after, "other").ShouldBeEmpty();
    }

    private static Dictionary<string, ItemResult> Results(params (string Key, double Hits, double Of)[] items) =>
        items.ToDictionary(i => i.Key, i => new ItemResult { Tallies = [new("share", i.Hits, i.Of)] });
}
