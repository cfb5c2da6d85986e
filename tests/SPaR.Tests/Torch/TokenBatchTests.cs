using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

public sealed class TokenBatchTests
{
    [Theory]
    [InlineData(new[] { 3, 4 }, new[] { 5 }, 2, 5)]
    [InlineData(new[] { 3, 4, 5 }, new[] { 3, 4, 6 }, 4, 6)]
    [InlineData(new[] { 3, 4, 5 }, new[] { 3, 4 }, 4, 5)]
    [InlineData(new[] { 3, 4 }, new[] { 3, 4 }, 4, 4)]
    public void The_prompt_and_the_common_beginning_of_the_answers_are_computed_once(
        int[] chosen, int[] rejected, int shared, int tokens)
    {
        var pair = Rows.Pair("a", [1, 2], chosen, rejected);

        (pair.SharedPrefix, pair.Tokens).ShouldBe((shared, tokens));
    }

    [Fact]
    public void A_target_that_both_answers_begin_with_is_predicted_once_and_counts_for_both()
    {
        using var scope = NewDisposeScope();
        var batch = TokenBatch.Of([Rows.Pair("a", [1, 2], [3, 4, 5], [3, 6])]);

        batch.Sequences.Tokens.data<long>().ToArray().ShouldBe([1, 2, 3, 4, 5, 6]);
        batch.Sequences.PositionIds!.data<long>().ToArray().ShouldBe([0, 1, 2, 3, 4, 3]);
        batch.Sequences.CompletionIds!.data<long>().ToArray().ShouldBe([0, 0, 0, 1, 1, 2]);
        batch.Sequences.Sources.data<long>().ToArray().ShouldBe([1, 2, 3, 2]);
        batch.Sequences.Targets.data<long>().ToArray().ShouldBe([3, 4, 5, 6]);
        batch.Membership.data<double>().ToArray().ShouldBe([1, 1, 1, 0, 1, 0, 0, 1]);
    }

    [Fact]
    public void Tokens_that_are_targets_on_one_side_only_are_not_shared() =>
        new Example("a", [TokenSequence.Of([1, 2, 3], [4]), TokenSequence.Of([1, 2], [3, 4])]).SharedPrefix.ShouldBe(2);
}
