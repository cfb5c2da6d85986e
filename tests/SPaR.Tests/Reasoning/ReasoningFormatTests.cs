namespace SPaR.Tests.Reasoning;

public sealed class ReasoningFormatTests
{
    private static readonly ReasoningFormat Format = new("<think>", "</think>");

    [Theory]
    [InlineData("<think>\nso\n</think>\n\nthe sea", "so", "\n\nthe sea")]
    [InlineData(" \n<think>so</think>the sea", "so", "the sea")]
    [InlineData("<think>\n\n</think>\n\nthe sea", "", "\n\nthe sea")]
    [InlineData("the sea", null, "the sea")]
    [InlineData("", null, "")]
    [InlineData("<think></think>", "", "")]
    public void Reasoning_comes_before_the_answer(string reply, string? reasoning, string answer) =>
        ShouldSplit(reply, opened: false, reasoning, answer);

    [Theory]
    [InlineData("so\n</think>\n\nthe sea", "so", "\n\nthe sea")]
    [InlineData("\n</think>\nthe sea", "", "\nthe sea")]
    [InlineData("<think>\nso\n</think>the sea", "so", "the sea")]
    [InlineData("so</think>the sea ends </think> here", "so", "the sea ends </think> here")]
    public void A_prompt_that_opens_the_reasoning_leaves_only_its_end_to_the_model(string reply, string reasoning, string answer) =>
        ShouldSplit(reply, opened: true, reasoning, answer);

    [Theory]
    [InlineData("Write <think> and </think>.")]
    [InlineData("the sea</think>")]
    [InlineData("First: <think>x</think>")]
    public void Marks_inside_an_answer_are_no_reasoning(string reply) => ShouldSplit(reply, opened: false, null, reply);

    [Theory]
    [InlineData("<think>so</think>use <think>x</think> tags", "so", "use <think>x</think> tags")]
    [InlineData("<think>a <think>b</think> c</think>the sea", "a <think>b</think> c", "the sea")]
    [InlineData("<think>I write <think> here</think>the sea", "I write <think> here", "the sea")]
    [InlineData("<think>a</think>\n<think>b</think>the sea", "a\n\nb", "the sea")]
    [InlineData("<think><think>a</think>\n</think>\nthe sea", "<think>a</think>", "\nthe sea")]
    [InlineData("<think>a</think>\n</think>\nthe sea", "a", "\nthe sea")]
    [InlineData("<think></think><think>b</think>the sea", "b", "the sea")]
    public void Nested_and_repeated_marks_end_where_the_answer_starts(string reply, string reasoning, string answer) =>
        ShouldSplit(reply, opened: false, reasoning, answer);

    [Theory]
    [InlineData("<think>\nso far", false, "so far")]
    [InlineData("so far", true, "so far")]
    [InlineData("<think>a</think><think>b", false, "a\n\nb")]
    [InlineData("", true, "")]
    public void Reasoning_without_an_end_leaves_no_answer(string reply, bool opened, string reasoning) =>
        ShouldSplit(reply, opened, reasoning, "");

    [Fact]
    public void Any_marks_will_do() =>
        new ReasoningFormat("[THINK]", "[/THINK]").Split("[THINK]so[/THINK]<think>", opened: false)
            .ShouldBe(new("so", "[THINK]so[/THINK]", "<think>"));

    [Theory]
    [InlineData("<think>so</think>\n\nthe sea", false, "the sea")]
    [InlineData("so</think>\n\nthe sea", true, "the sea")]
    [InlineData("so</think>\n\nthe sea", false, "so</think>\n\nthe sea")]
    [InlineData("  the sea ", true, "  the sea ")]
    [InlineData("<think>so", false, "")]
    public void A_turn_that_is_given_as_text_has_its_answer_alone(string turn, bool opens, string answer) =>
        (Format with { IsOpened = opens }).AnswerOf(turn).ShouldBe(answer);

    private static void ShouldSplit(string reply, bool opened, string? reasoning, string answer)
    {
        var split = Format.Split(reply, opened);
        (split.Reasoning, split.Text).ShouldBe((reasoning, answer));
        (split.Before + split.Text).ShouldBe(reply);
    }
}
