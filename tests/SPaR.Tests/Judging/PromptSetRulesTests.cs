using SPaR.Method.Recipes;

namespace SPaR.Tests.Judging;

public sealed class PromptSetRulesTests
{
    [Fact]
    public void The_sets_in_use_are_sound()
    {
        PromptSetRules.Check(PromptSet.Default).ShouldBeEmpty();
        PromptSetRules.Check(Items.Prompts).ShouldBeEmpty();
    }

    [Fact]
    public void Every_fault_is_named()
    {
        var set = new PromptSet
        {
            Judge = [new("wizard", "{prompt}")],
            Refine = " ",
            Verdict = new("", "middle", ["Yes", "Same"], ["Same", "Same"]),
            Answer = new("[[", null),
        };
        PromptSetRules.Check(set).ShouldBe(
        [
            ("judge", "must be a list of messages that ends with a user message."),
            ("judge[0].role", "must be system, user or assistant."),
            ("judge", "must hold the placeholder {response} in one of its messages."),
            ("refine", "must be the user message that asks for a mended answer; it is empty."),
            ("verdict.marker", "must be the text before the verdict, or null to look at the whole vote; it is empty."),
            ("verdict.take", "must be first or last."),
            ("verdict.no", "holds 'Same', which verdict.yes holds too; a word can mean one thing only."),
            ("answer", "must have both open and close, or neither (the whole reply is the answer)."),
        ]);
    }

    [Fact]
    public void Verdicts_need_words() =>
        PromptSetRules.Check(Items.Prompts with { Verdict = new(null, "last", [], [" "]) }).Select(f => f.Field)
            .ShouldBe(["verdict.yes", "verdict.no"]);
}
