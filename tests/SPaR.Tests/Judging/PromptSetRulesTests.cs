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
        PromptSetRules.Check(set).Select(error => error.Field)
            .ShouldBe(["judge", "judge[0].role", "judge", "refine", "verdict.marker", "verdict.take", "verdict.no", "answer"]);
    }

    [Fact]
    public void Verdicts_need_words() =>
        PromptSetRules.Check(Items.Prompts with { Verdict = new(null, "last", [], [" "]) }).Select(f => f.Field)
            .ShouldBe(["verdict.yes", "verdict.no"]);
}
