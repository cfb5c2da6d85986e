using SPaR.Torch;
using SPaR.Torch.Training;

namespace SPaR.Tests.Torch;

public sealed class TrainingDataTests
{
    private const string Good = """{"id":"a","prompt":[1,2],"chosen":[3,4],"rejected":[4]}""";

    [Fact]
    public void A_pair_becomes_two_sequences_with_the_answers_as_targets()
    {
        var pair = Read(Good).Examples.ShouldHaveSingleItem();

        pair.Sides[0].Tokens.ShouldBe([1, 2, 3, 4]);
        pair.Sides[0].Targets.ShouldBe([false, false, true, true]);
        pair.Sides[1].Tokens.ShouldBe([1, 2, 4]);
        pair.SharedPrefix.ShouldBe(2, "the prompt is computed once");
        pair.Tokens.ShouldBe(5);
    }

    [Theory]
    [InlineData("nonsense", "line 2")]
    [InlineData("", "line 2")]
    [InlineData("""{"prompt":[1],"chosen":[3],"rejected":[4]}""", "'id'")]
    [InlineData("""{"id":"b","prompt":[1],"rejected":[4]}""", "'chosen' is missing")]
    [InlineData("""{"id":"b","chosen":[1],"rejected":[4]}""", "'prompt' is missing")]
    [InlineData("""{"id":"b","prompt":[],"chosen":[1],"rejected":[4]}""", "'prompt' is empty")]
    [InlineData("""{"id":"b","prompt":[1],"chosen":[3],"rejected":["x"]}""", "'rejected")]
    [InlineData(
        """{"id":"b","prompt":[1],"chosen":[3],"rejected":[10]}""",
        "'rejected' has the token 10")]
    [InlineData("""{"id":"b","prompt":[1],"chosen":[3],"rejected":[4],"loser":[1]}""", "loser")]
    [InlineData("""{"id":"b","prompt":[1],"chosen":[3],"rejected":[4],"weights":[1]}""", "'weights' is only for SFT")]
    public void A_row_that_cannot_be_read_is_named_by_line_and_field(string line, string named)
    {
        var failure = Should.Throw<TrainingFailureException>(() => Read(Good, line));

        failure.Code.ShouldBe("bad-data");
        failure.Row.ShouldBe("line 2");
        failure.Message.ShouldStartWith("data.ndjson, line 2");
        failure.Message.ShouldContain(named);
    }

    [Theory]
    [InlineData("""{"id":"b","tokens":[1,2]}""", "'targets' is missing")]
    [InlineData("""{"id":"b","targets":[true]}""", "'tokens' is missing")]
    [InlineData("""{"id":"b","tokens":[1,2],"targets":[true]}""", "'targets' has 1 entries for 2 tokens")]
    [InlineData("""{"id":"b","tokens":[1,2],"targets":[false,true],"weights":[1]}""", "'weights' has 1 entries for 2 tokens")]
    [InlineData("""{"id":"b","tokens":[1,2],"targets":[false,true],"weights":[0,0]}""", "'weights' has 0 for a target")]
    public void A_conversation_that_cannot_be_read_is_named_too(string line, string named) =>
        Should.Throw<TrainingFailureException>(() => Read(TrainingMethod.Sft, 100, line)).Message.ShouldContain(named);

    [Fact]
    public void A_target_counts_as_much_as_its_weight_says_and_once_without_weights()
    {
        var data = Read(TrainingMethod.Sft, 100,
            """{"id":"a","tokens":[1,2,3,4],"targets":[false,true,false,true],"weights":[0,0.5,0,2]}""",
            """{"id":"b","tokens":[1,2,3],"targets":[true,true,true]}""");

        data.Examples[0].Sides[0].TargetWeights.ShouldBe([0.5, 2]);
        data.Examples[1].Sides[0].TargetWeights.ShouldBe([1, 1], "nothing predicts the first token");
    }

    [Fact]
    public void Rows_that_cannot_be_used_are_listed_with_their_reason()
    {
        var data = Read(TrainingMethod.Dpo, 5, Good,
            """{"id":"long","prompt":[1,2],"chosen":[3,4,5,6],"rejected":[4]}""",
            """{"id":"same","prompt":[1,2],"chosen":[3,4],"rejected":[3,4]}""",
            """{"id":"none","prompt":[1,2],"chosen":[3,4],"rejected":[]}""");

        data.Examples.Select(e => e.Id).ShouldBe(["a"]);
        data.Dropped.ShouldBe([
            new DroppedRow("long", 2, "over-max-length", 6), new DroppedRow("same", 3, "identical", 4),
            new DroppedRow("none", 4, "empty", 4)]);
    }

    [Fact]
    public void Pairs_that_are_all_identical_are_a_failure_of_their_own()
    {
        const string same = """{"id":"s","prompt":[1],"chosen":[3],"rejected":[3]}""";

        Should.Throw<TrainingFailureException>(() => Read(same, same)).Code.ShouldBe("identical-pairs");
    }

    [Fact]
    public void Without_a_usable_row_the_failure_says_why()
    {
        Should.Throw<TrainingFailureException>(() => Read()).Message.ShouldContain("is empty");
        var failure = Should.Throw<TrainingFailureException>(() => Read(TrainingMethod.Dpo, 2, Good));
        failure.Code.ShouldBe("no-data");
        failure.Message.ShouldContain("(1 over-max-length): max_length is 2 tokens, and the shortest row has 4");
    }

    private static TrainingData Read(params string[] lines) => Read(TrainingMethod.Dpo, 100, lines);

    private static TrainingData Read(TrainingMethod method, int maxLength, params string[] lines) =>
        TrainingData.Read(lines, method, maxLength, vocabulary: 10);
}
