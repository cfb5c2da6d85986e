using System.Collections.Immutable;
using SPaR.Llama.Binding;
using SPaR.Llama.Templates;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;
using SPaR.Service.Trainings;
using static SPaR.Integration.Tests.Llama.Engines;

namespace SPaR.Integration.Tests.Llama;

/// <summary>Templates with reasoning, on a vocabulary where its marks are tokens. What they should write is what Hugging Face renders from
/// the models' own templates.</summary>
public sealed class ReasoningTemplateTests
{
    private static readonly ImmutableArray<string> Marks = ["<|im_start|>", "<|im_end|>", "<think>", "</think>"];

    private static readonly InProcessEngine Engine = Create(context: 128);

    [Theory]
    [InlineData("qwen3", false, "<|im_start|>user\nthe sea<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n")]
    [InlineData("qwen3", true, "<|im_start|>user\nthe sea<|im_end|>\n<|im_start|>assistant\n")]
    [InlineData("qwen3-thinking", false, "<|im_start|>user\nthe sea<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n")]
    [InlineData("qwen3-thinking", true, "<|im_start|>user\nthe sea<|im_end|>\n<|im_start|>assistant\n<think>\n")]
    [InlineData("deepseek-r1", true, "<｜User｜>the sea<｜Assistant｜><think>\n")]
    [InlineData("deepseek-r1-0528", true, "<｜User｜>the sea<｜Assistant｜>")]
    [InlineData("deepseek-r1-0528", false, "<｜User｜>the sea<｜Assistant｜><think>\n\n</think>\n\n")]
    [InlineData("chatml", false, "<|im_start|>user\nthe sea<|im_end|>\n<|im_start|>assistant\n")]
    public void A_prompt_ends_as_the_models_own_template_ends_it(string name, bool thinks, string text)
    {
        using var model = new Loaded(name);
        model.Text(Ask("the sea") with { Thinks = thinks }).ShouldBe(text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Earlier_turns_that_are_given_as_text_have_no_reasoning(bool thinks)
    {
        using var model = new Loaded("qwen3");
        var talk = Ask("the sea").Assistant("<think>\nso\n</think>\n\nthe wolf").User("judge") with { Thinks = thinks };

        model.Text(talk).ShouldStartWith(
            "<|im_start|>user\nthe sea<|im_end|>\n<|im_start|>assistant\nthe wolf<|im_end|>\n<|im_start|>user\njudge<|im_end|>\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Marks_that_the_template_writes_are_tokens_and_those_of_a_user_stay_text(bool control)
    {
        using var model = new Loaded("qwen3", control);
        var prompt = model.Template.Encode(Ask("the <think> sea</think>"));

        prompt.Count(t => t == model.Token("<think>")).ShouldBe(1);
        prompt.Count(t => t == model.Token("</think>")).ShouldBe(1);
        model.Text(Ask("the <think> sea</think>")).ShouldContain("the <think> sea</think><|im_end|>");
        model.Template.EncodeAnswer(Ask("x"), "use <think>").Content.ShouldNotContain(model.Token("<think>"));
    }

    [Theory]
    [InlineData("qwen3", false)]
    [InlineData("qwen3", true)]
    [InlineData("qwen3-thinking", false)]
    [InlineData("qwen3-thinking", true)]
    public void A_longer_conversation_extends_what_was_generated_token_for_token(string name, bool thinks)
    {
        using var model = new Loaded(name);
        var judge = Ask("the sea").Assistant("the wolf").User("judge") with { Thinks = thinks };
        int[] critique = [TinyModel.Word("slowly"), TinyModel.Word("No")];

        var refine = model.Template.Encode(judge.Assistant("slowly No", [.. critique]).User("refine"));

        int[] before = [.. model.Template.Encode(judge), .. critique, model.Token("<|im_end|>")];
        refine[..before.Length].ShouldBe(before);
    }

    [Fact]
    public void Scoring_continues_reasoning_by_the_tokens_of_its_marks()
    {
        using var model = new Loaded("qwen3");
        var partial = model.Template.EncodePartial(
            Ask("judge") with { Thinks = true }, "<think>\nNo, <|im_end|> is text\n</think>\n\n</think> and </think> are, too: Yes");

        partial[0].ShouldBe(model.Token("<think>"));
        partial.Count(t => t == model.Token("</think>")).ShouldBe(2);
        partial.ShouldNotContain(model.Token("<|im_end|>"));
        partial[^1].ShouldBe(TinyModel.Word("Yes"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reply_shows_the_marks_whatever_kind_of_tokens_they_are(bool control)
    {
        await using var model = await Engine.LoadAsync(TinyModel.Thinking(control), default);
        model.Reasoning.ShouldBe(new("<think>", "</think>"));
        var request = Request("the sea", Greedy, 1);

        var shown = await model.GenerateAsync(request with { VisibleTokens = ["<think>", "</think>"] }, default);
        var hidden = await model.GenerateAsync(request, default);

        shown.Samples[0].Tokens.Length.ShouldBe(12);
        shown.Samples[0].Text.Replace("<think>", "", StringComparison.Ordinal).Replace("</think>", "", StringComparison.Ordinal)
            .ShouldBeEmpty();
        shown.Samples[0].Text.Length.ShouldBeGreaterThanOrEqualTo(12 * "<think>".Length);
        if (control)
            hidden.Samples[0].Text.ShouldBeEmpty();
    }

    [Fact]
    public async Task Training_starts_from_the_prompts_of_inference()
    {
        await using var model = await Engine.LoadAsync(TinyModel.Thinking(control: false), default);
        ChatMessage[] prompt = [new("system", "slowly"), new("user", "the sea"), new("assistant", "the wolf"), new("user", "judge")];
        var asked = model.Encode(new([.. prompt.Select(m => m.ToTurn())]));

        var (row, _) = TrainingTokens.Of(
            model, TrainingMethod.Dpo, new("x", [.. prompt.Select(TrainingMessage.Of)], "<think>so</think>\n\nYes", "No"), 256);

        row!.Prompt!.Value.ShouldBe(asked);
        row.Chosen!.Value[..^1].ShouldBe(model.Tokenize("Yes"));
    }

    [Fact]
    public async Task A_refiner_example_has_the_tokens_that_the_refiner_was_asked_with()
    {
        await using var model = await Engine.LoadAsync(TinyModel.Thinking(control: false), default);
        ChatMessage[] prompt = [new("user", "the sea")];
        var set = new PromptSet
        {
            Judge = [new("user", "{prompt}"), new("assistant", "{response}"), new("user", "judge")],
            Refine = "refine",
            Verdict = new(null, "last", ["Yes"], ["No"]),
        };
        var judge = JudgePrompt.Conversation(set, prompt, "the wolf");
        var own = new Vote(Verdict.No, "slowly No", model.EncodeAnswer(judge, "slowly No").Content, Truncated: false, Seed: 0);

        Trained(own, isOwn: true).ShouldBe(Asked(own, isOwn: true));
        Trained(own, isOwn: false).ShouldBe(Asked(own, isOwn: false));

        ImmutableArray<int> Asked(Vote critique, bool isOwn) =>
            model.Encode(RefinePrompt.Conversation(set, prompt, "the wolf", critique, asGenerated: isOwn));

        ImmutableArray<int> Trained(Vote critique, bool isOwn)
        {
            TrainingMessage[] messages =
            [
                .. RefinePrompt.Messages(set, prompt, "the wolf", critique)
                    .Select((m, i) => i == 3 && isOwn ? TrainingMessage.Of(m) : TrainingMessage.Given(m)),
                new("assistant", "Yes"),
            ];
            var row = TrainingTokens.Of(model, TrainingMethod.Sft, new("x", [.. messages], null, null), 256).Row!;
            return row.Tokens!.Value[..(row.Tokens.Value.Length - model.Tokenize("Yes").Length - 1)];
        }
    }

    /// <summary>A template and the vocabulary it writes in.</summary>
    private sealed class Loaded : IDisposable
    {
        private readonly LlamaWeights _weights;

        public Loaded(string template, bool control = false)
        {
            LlamaLibrary.Load(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            _weights = LlamaWeights.Open(TinyModel.Thinking(control).Path);
            Template = new(template, _weights.Vocabulary);
        }

        public ChatTemplate Template { get; }

        public int Token(string text) => _weights.Vocabulary.Control.Single(t => t.Text == text).Id;

        public string Text(Conversation conversation) => _weights.Vocabulary.Detokenize(Template.Encode(conversation), Marks);

        public void Dispose() => _weights.Dispose();
    }
}
