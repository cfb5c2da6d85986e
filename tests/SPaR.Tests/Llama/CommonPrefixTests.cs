using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

public sealed class CommonPrefixTests
{
    [Fact]
    public void Scoring_begins_at_the_end_of_the_begun_turn_where_its_tokens_stay() =>
        CommonPrefix.Of([1, 2, 3], [[1, 2, 3, 7], [1, 2, 3, 8, 9]]).ShouldBe(3);

    /// <summary>"Final: " and "Final: Yes": the space belongs to the word.</summary>
    [Fact]
    public void A_token_that_merges_with_a_continuation_is_scored_with_all_of_them() =>
        CommonPrefix.Of([1, 2, 3], [[1, 2, 7], [1, 2, 3, 8]]).ShouldBe(2);

    /// <summary>Otherwise continuations would be scored from different places.</summary>
    [Fact]
    public void Tokens_that_the_continuations_share_beyond_the_begun_turn_are_scored() =>
        CommonPrefix.Of([1, 2], [[1, 2, 5, 7], [1, 2, 5, 8]]).ShouldBe(2);

    [Fact]
    public void A_turn_that_has_not_begun_is_scored_whole() => CommonPrefix.Of([], [[1, 2], [1, 3]]).ShouldBe(0);

    [Fact]
    public void A_continuation_that_adds_nothing_keeps_one_token_to_score() =>
        CommonPrefix.Of([1, 2, 3], [[1, 2, 3], [1, 2, 3, 4]]).ShouldBe(2);

    [Fact]
    public void A_continuation_without_tokens_is_named() =>
        Should.Throw<ArgumentException>(() => CommonPrefix.Of([], [[1], []])).Message
            .ShouldStartWith("Continuations[1]");
}
