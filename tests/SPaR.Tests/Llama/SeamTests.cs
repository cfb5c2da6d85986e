using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

public sealed class SeamTests
{
    [Fact]
    public void What_is_scored_begins_behind_the_begun_turn_where_its_tokens_stay() =>
        Seam.Of([1, 2, 3], [[1, 2, 3, 7], [1, 2, 3, 8, 9]]).ShouldBe(3);

    /// <summary>"Final: " and "Final: Yes": the space is the word's.</summary>
    [Fact]
    public void A_token_that_merges_with_a_continuation_is_scored_with_all_of_them() =>
        Seam.Of([1, 2, 3], [[1, 2, 7], [1, 2, 3, 8]]).ShouldBe(2);

    /// <summary>Else one continuation would be compared from another place than the next.</summary>
    [Fact]
    public void What_the_continuations_share_beyond_the_begun_turn_is_theirs() =>
        Seam.Of([1, 2], [[1, 2, 5, 7], [1, 2, 5, 8]]).ShouldBe(2);

    [Fact]
    public void A_turn_that_has_not_begun_has_nothing_before_the_seam() => Seam.Of([], [[1, 2], [1, 3]]).ShouldBe(0);

    [Fact]
    public void A_token_is_left_to_score_where_a_continuation_changes_nothing() =>
        Seam.Of([1, 2, 3], [[1, 2, 3], [1, 2, 3, 4]]).ShouldBe(2);

    [Fact]
    public void A_continuation_without_tokens_is_named() =>
        Should.Throw<ArgumentException>(() => Seam.Of([], [[1], []])).Message
            .ShouldBe("Continuations[1] has no tokens in this model's vocabulary; there is nothing to score.");
}
