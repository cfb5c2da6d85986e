using FsCheck;
using FsCheck.Fluent;
using SPaR.Method.Items;

namespace SPaR.Tests.Runs;

/// <summary>Every input ends in exactly one state, with a detail.</summary>
public sealed class ItemOutcomeTests
{
    [Fact]
    public void Cancelled_comes_before_everything() =>
        ItemOutcome.Of(new() { Cancelled = true, Error = "x", TooLongAt = "judge", HasPair = true }).ShouldBe(new(ItemState.Cancelled));

    [Fact]
    public void An_error_comes_before_too_long() =>
        ItemOutcome.Of(new() { Error = "no memory", TooLongAt = "judge", HasPair = true }).ShouldBe(new(ItemState.Error, "no memory"));

    [Fact]
    public void Too_long_names_the_step() =>
        ItemOutcome.Of(new() { TooLongAt = "sample", HasPair = true }).ShouldBe(new(ItemState.TooLong, "sample"));

    [Fact]
    public void Without_an_answer_there_is_nothing_to_read() =>
        ItemOutcome.Of(new() { IsUnanswered = true }).ShouldBe(new(ItemState.Unreadable, "no-answer"));

    [Fact]
    public void A_pair_makes_it_paired() =>
        ItemOutcome.Of(new() { HasPair = true, FirstLabels = [Label.Bad, Label.Good] }).ShouldBe(new(ItemState.Paired));

    [Theory]
    [InlineData(ItemState.AlreadyGood, Label.Unreadable, Label.Tie, Label.Good)]
    [InlineData(ItemState.JudgeTie, Label.Unreadable, Label.Tie)]
    [InlineData(ItemState.Unreadable, Label.Unreadable, Label.Unreadable)]
    public void Without_a_bad_answer_the_best_label_tells(ItemState state, params Label[] labels) =>
        ItemOutcome.Of(new() { FirstLabels = labels }).ShouldBe(new(state));

    [Theory]
    [InlineData("no-child")]
    [InlineData("budget")]
    [InlineData("not-accepted")]
    public void A_search_without_a_pair_says_why(string why) =>
        ItemOutcome.Of(new() { SearchFailure = why, FirstLabels = [Label.Bad, Label.Good] }).ShouldBe(new(ItemState.SearchFailed, why));

    [Fact]
    public void A_bad_answer_without_pair_or_search_has_no_contrast() =>
        ItemOutcome.Of(new() { FirstLabels = [Label.Bad, Label.Tie] }).ShouldBe(new(ItemState.NoContrast));

    [Fact]
    public void No_facts_leave_an_item_pending() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<bool, bool, Label[]>((cancelled, pair, labels) =>
            ItemOutcome.Of(new() { Cancelled = cancelled, HasPair = pair, FirstLabels = labels }).State.ShouldNotBe(ItemState.Pending)));
}
