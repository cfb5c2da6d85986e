using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Integration.Tests.Llama;
using SPaR.Llama.Binding;
using SPaR.Llama.Inspection;
using SPaR.Llama.Templates;
using SPaR.MicroWorld;
using Vocabulary = SPaR.Llama.Binding.Vocabulary;

namespace SPaR.Integration.Tests.Training;

/// <summary>That training sees the tokens of inference, on a vocabulary whose words have the space before them in the token.</summary>
public sealed class TrainingTokenTests : IDisposable
{
    private readonly LlamaWeights _weights;
    private readonly Vocabulary _vocabulary;

    public TrainingTokenTests()
    {
        LlamaLibrary.Load(NullLogger.Instance);
        _weights = LlamaWeights.Open(TinyModel.File.Path);
        _vocabulary = _weights.Vocabulary;
    }

    [Fact]
    public void The_space_that_mistral_writes_before_an_answer_is_the_answers_as_it_is_when_generated()
    {
        var template = new ChatTemplate("mistral-v7", _vocabulary);
        var prompt = Conversation.Empty.User("the sea");
        int[] generated = [TinyModel.Word("the"), TinyModel.Word("wolf")];

        var answer = template.EncodeAnswer(prompt, "the wolf");

        answer.Content.ShouldBe(generated);
        answer.End.ShouldBe([TinyModel.End]);
        template.EncodeAnswer(prompt, _vocabulary.Detokenize(generated)).Content.ShouldBe(generated);
        int[] whole = [.. template.Encode(prompt), .. answer.Content, .. answer.End];
        template.Encode(prompt.Assistant("the wolf").User("judge"))[..whole.Length].ShouldBe(whole);
        template.Encode(prompt.Assistant("", [.. generated]).User("judge"))[..whole.Length].ShouldBe(whole);
    }

    [Theory]
    [InlineData("llama3", "<|eot_id|>")]
    [InlineData("chatml", "<|im_end|>")]
    [InlineData("mistral-v7", "</s>")]
    public void A_turn_ends_with_its_mark_and_there_is_one_beginning_where_the_model_has_one(string name, string end)
    {
        using var weights = LlamaWeights.Open(MarkedModel(name));
        var vocabulary = weights.Vocabulary;
        var template = new ChatTemplate(name, vocabulary);
        var prompt = Conversation.Empty.System("slowly").User("the sea");

        var tokens = template.Encode(prompt);
        var answer = template.EncodeAnswer(prompt, " the wolf <|eot_id|><|im_end|></s>");

        answer.End.Length.ShouldBe(1);
        vocabulary.Control.Single(c => c.Id == answer.End[0]).Text.ShouldBe(end);
        answer.Content.ShouldNotContain(answer.End[0]);
        tokens.Count(t => t == vocabulary.BeginOfSequence).ShouldBe(vocabulary.BeginOfSequence is null ? 0 : 1);
        vocabulary.BeginOfSequence.HasValue.ShouldBe(name != "chatml");
        var longer = template.Encode(prompt.Assistant("", answer.Content).User("judge"));
        int[] whole = [.. tokens, .. answer.Content, .. answer.End];
        longer[..whole.Length].ShouldBe(whole);
    }

    [Fact]
    public async Task What_the_micro_model_said_is_trained_on_as_it_was_said()
    {
        await using var engine = Engines.Create();
        var file = new ModelFile(MicroModel.Path, "", new GgufInspector().Inspect(MicroModel.Path, null).Template);
        await using var model = await engine.LoadAsync(file, TestContext.Current.CancellationToken);
        var prompt = Conversation.Empty.User(new InstructionGenerator(new(1)).Next().Text);

        var said = await model.GenerateAsync(
            Engines.Request(prompt, Engines.Hot with { MaxTokens = 36 }, 1, 2, 3, 4), TestContext.Current.CancellationToken);

        foreach (var sample in said.Samples)
            model.EncodeAnswer(prompt, sample.Text).Content.ShouldBe(sample.Tokens);
    }

    public void Dispose() => _weights.Dispose();

    private static string MarkedModel(string template) => TinyModel.Write(
        $"marked-{template}.gguf", _ => { }, template != "chatml",
        "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>").Path;
}
