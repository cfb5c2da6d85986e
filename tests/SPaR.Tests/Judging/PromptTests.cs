using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;

namespace SPaR.Tests.Judging;

public sealed class PromptTests
{
    [Fact]
    public void The_default_prompts_are_as_recorded()
    {
        ChatMessage[] prompt = [new("user", "Name three rivers.")];
        var messages = RefinePrompt.Messages(PromptSet.Default, prompt, "Rhine, Elbe", new(Verdict.No, "<the critique>", [], false, 0));
        var text = string.Concat(messages.Select(m => $"=== {m.Role}\n{m.Content}\n"));
        var recorded = Path.Combine(AppContext.BaseDirectory, "Judging", "default-prompts.snap");
        text.ShouldBe(
            File.ReadAllText(recorded),
            "every row carries the hash of the wording; a change that is meant belongs into tests/SPaR.Tests/Judging/default-prompts.snap");
    }

    [Fact]
    public void What_fills_a_placeholder_is_not_filled_again()
    {
        var messages = JudgePrompt.Messages(Items.Prompts, [new("user", "say {response}")], "I say {prompt}");
        messages.Select(m => m.Content).ShouldBe(["say {response}", "I say {prompt}", "judge"]);
    }

    [Fact]
    public void A_prompt_of_several_messages_is_judged_as_a_transcript()
    {
        ChatMessage[] prompt = [new("system", "Be brief."), new("user", "Hello"), new("assistant", "Hi"), new("user", "Name a river.")];
        JudgePrompt.Messages(Items.Prompts, prompt, "Rhine")[0].Content
            .ShouldBe("System: Be brief.\n\nUser: Hello\n\nAssistant: Hi\n\nUser: Name a river.");
    }

    [Fact]
    public void The_refine_request_extends_the_judgement_with_the_tokens_of_its_critique()
    {
        ChatMessage[] prompt = [new("user", "write")];
        var judged = JudgePrompt.Conversation(Items.Prompts, prompt, "bad");
        var critique = new Vote(Verdict.No, " so it is No", [5, 6, 7], false, 0);
        var refined = RefinePrompt.Conversation(Items.Prompts, prompt, "bad", critique, asGenerated: true);
        refined.Turns.Take(3).ShouldBe(judged.Turns);
        refined.Turns[3].Content.ShouldBe(" so it is No");
        refined.Turns[3].Tokens!.Value.ShouldBe([5, 6, 7]);
        refined.Turns[4].Content.ShouldBe("refine");
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "It has no rivers.")]
    public void A_critique_of_another_model_or_after_reasoning_is_given_as_text(bool asGenerated, string? reasoning)
    {
        var critique = new Vote(Verdict.No, "\n\nso it is No", [5, 6, 7], false, 0) { Reasoning = reasoning };
        var refined = RefinePrompt.Conversation(Items.Prompts, [new("user", "write")], "bad", critique, asGenerated);
        refined.Turns[3].ShouldBe(new(Role.Assistant, "so it is No"));
    }

    [Fact]
    public void Training_sees_the_words_of_inference()
    {
        ChatMessage[] prompt = [new("user", "write")];
        var critique = new Vote(Verdict.No, "No", [], false, 0);
        var refined = RefinePrompt.Conversation(PromptSet.Default, prompt, "bad", critique, asGenerated: true);
        RefinePrompt.Messages(PromptSet.Default, prompt, "bad", critique).Select(m => m.Content)
            .ShouldBe(refined.Turns.Select(t => t.Content));
    }

    [Fact]
    public void The_hash_is_of_the_wording_not_of_the_name()
    {
        PromptHash.Of(Items.Prompts with { Name = "other" }).ShouldBe(PromptHash.Of(Items.Prompts));
        PromptHash.Of(Items.Prompts with { Refine = "refine!" }).ShouldNotBe(PromptHash.Of(Items.Prompts));
        PromptHash.Of(Items.Prompts with { Answer = new("[", "]") }).ShouldNotBe(PromptHash.Of(Items.Prompts));
    }
}
