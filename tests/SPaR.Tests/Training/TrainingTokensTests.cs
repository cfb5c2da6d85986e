using System.Collections.Immutable;
using SPaR.Method.Items;
using SPaR.Service.Datasets;
using SPaR.Service.Trainings;

namespace SPaR.Tests.Training;

public sealed class TrainingTokensTests : IAsyncDisposable
{
    private static readonly ReasoningFormat Think = new("<think>", "</think>");

    private readonly ScriptedEngine _model = new();

    [Fact]
    public void A_pair_has_one_prompt_and_two_answers_with_the_end_of_their_turns()
    {
        var (row, dropped) = Of(TrainingMethod.Dpo, Pair("a b", "a c"));

        dropped.ShouldBeNull();
        row!.Prompt!.Value.ShouldBe(Tokens("<begin> <User> do this <Assistant>"));
        row.Chosen!.Value.ShouldBe(Tokens("a b <end>"));
        row.Rejected!.Value.ShouldBe(Tokens("a c <end>"));
        row.Tokens.ShouldBeNull();
    }

    [Fact]
    public void Every_turn_of_the_assistant_is_a_target_with_its_end()
    {
        TrainingMessage[] messages = [new("user", "q"), new("assistant", "a b"), new("user", "r"), new("assistant", "c")];

        var (row, _) = Of(TrainingMethod.Sft, new("x", [.. messages], null, null));

        row!.Tokens!.Value.ShouldBe(Tokens("<begin> <User> q <Assistant> a b <end> <User> r <Assistant> c <end>"));
        Mask(row).ShouldBe("000011100011");
        row.Prompt.ShouldBeNull();
    }

    [Fact]
    public void A_turn_of_weight_0_is_read_and_not_learnt()
    {
        TrainingMessage[] messages = [new("user", "q"), new("assistant", "a b", 0), new("user", "r"), new("assistant", "c", 1)];

        var (row, _) = Of(TrainingMethod.Sft, new("x", [.. messages], null, null));

        row!.Tokens!.Value.ShouldBe(Tokens("<begin> <User> q <Assistant> a b <end> <User> r <Assistant> c <end>"));
        Mask(row).ShouldBe("000000000011");
    }

    [Fact]
    public void The_turns_in_the_prompt_of_a_preference_are_not_learnt()
    {
        TrainingMessage[] prompt = [new("user", "q"), new("assistant", "a b"), new("user", "r")];

        Mask(Of(TrainingMethod.Sft, new("x", [.. prompt], "c", "d")).Row!).ShouldBe("000000000011", "the prompt's answer counted once");
    }

    [Fact]
    public void Sft_on_a_preference_learns_its_chosen_side() =>
        Of(TrainingMethod.Sft, Pair("good", "bad")).Row!.Tokens!.Value.ShouldBe(Tokens("<begin> <User> do this <Assistant> good <end>"));

    [Theory]
    [InlineData(7, "It has 8 tokens, more than max_length, 7.")]
    [InlineData(8, null)]
    public void A_row_above_max_length_is_dropped_whole(int maxLength, string? reason)
    {
        var (row, dropped) = TrainingTokens.Of(_model, TrainingMethod.Dpo, Pair("a b", "c"), maxLength);

        dropped?.Reason.ShouldBe(reason);
        (row is null).ShouldBe(reason is not null);
    }

    [Fact]
    public void Sides_that_differ_in_white_space_only_are_dropped() =>
        Of(TrainingMethod.Dpo, Pair("a b", "a  b")).Dropped.ShouldBe(new DroppedRow("x", "chosen and rejected have the same tokens."));

    [Theory]
    [InlineData(TrainingMethod.Dpo)]
    [InlineData(TrainingMethod.Sft)]
    public void Reasoning_is_not_learnt(TrainingMethod method)
    {
        _model.Reasoning = Think;
        var (row, _) = Of(method, Pair("<think>so</think> a b", "<think>so</think> a c"));

        Words(row!.Chosen ?? row.Tokens!.Value).ShouldEndWith("a b <end>");
        Words([.. row.Chosen ?? row.Tokens!.Value, .. row.Rejected ?? []]).ShouldNotContain("think");
    }

    [Fact]
    public void A_model_without_reasoning_learns_such_marks_as_text() =>
        Words(Of(TrainingMethod.Dpo, Pair("<think>so</think> a", "b")).Row!.Chosen!.Value).ShouldBe("<think>so</think> a <end>");

    [Fact]
    public void Reasoning_without_an_answer_is_dropped()
    {
        _model.Reasoning = Think;
        Of(TrainingMethod.Dpo, Pair("<think>so", "b")).Dropped.ShouldBe(new DroppedRow("x", "It has reasoning without an answer."));
    }

    [Fact]
    public void A_turn_of_weight_0_is_given_as_text_and_a_learnt_one_by_its_tokens()
    {
        var encoded = new List<Conversation>();
        var model = new ScriptedEngine { Encoding = encoded.Add };
        TrainingMessage[] messages =
            [new("user", "q"), new("assistant", "a", 0), new("user", "r"), new("assistant", "b"), new("user", "s"), new("assistant", "c")];

        TrainingTokens.Of(model, TrainingMethod.Sft, new("x", [.. messages], null, null), 100);

        encoded[^1].Turns.Where(t => t.Role == Role.Assistant).Select(t => t.Tokens is null).ShouldBe([true, false]);
        encoded.ShouldAllBe(c => !c.Thinks);
    }

    public ValueTask DisposeAsync() => _model.DisposeAsync();

    private static SourceRow Pair(string chosen, string rejected) => new("x", [new("user", "do this")], chosen, rejected);

    private static string Mask(TrainingRow row) => string.Concat(row.Targets!.Value.Select(t => t ? '1' : '0'));

    private ImmutableArray<int> Tokens(string text) => _model.Tokenize(text);

    private string Words(IEnumerable<int> tokens) => _model.Words(tokens);

    private (TrainingRow? Row, DroppedRow? Dropped) Of(TrainingMethod method, SourceRow row) =>
        TrainingTokens.Of(_model, method, row, 100);
}
