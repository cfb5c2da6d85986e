using System.Collections.Concurrent;
using SPaR.Llama.Binding;
using SPaR.Llama.Inspection;
using SPaR.Llama.Templates;
using static SPaR.Integration.Tests.Llama.Engines;

namespace SPaR.Integration.Tests.Llama.Templates;

/// <summary>What each family's published chat template writes, token by token. Expected strings are written by hand, with a dot between
/// tokens; the text is the string without the dots.</summary>
public sealed class FamilyTemplateTests
{
    private const string Dot = "·";

    private static readonly Conversation Talk = Conversation.Empty.System("Be brief").User("Hello there").Assistant("Hi").User("Go on");

    private static readonly ConcurrentDictionary<string, (FamilyFile File, LlamaWeights Weights, ChatTemplate Template)> Open = new();

    private static readonly FamilyFile[] All =
    [
        Families.Llama3, Families.Llama31, Families.MistralV1, Families.MistralV3, Families.MistralV7, Families.MistralNemo,
        Families.ChatGlm4, Families.Glm4, Families.Qwen2, Families.Qwen25, Families.Qwen3, Families.Gemma3,
    ];

    public static TheoryData<string> Names => [.. All.Select(f => f.Name)];

    [Theory]
    [InlineData("llama3",
        "<|begin_of_text|>·<|start_header_id|>·user·<|end_header_id|>·\n\n·Hello· there·<|eot_id|>"
        + "·<|start_header_id|>·assistant·<|end_header_id|>·\n\n")]
    [InlineData("llama3.1",
        "<|begin_of_text|>·<|start_header_id|>·system·<|end_header_id|>·\n\n"
        + "·Cut·ting· Knowledge· Date·:· December· ·202·3·\n·Today· Date·:· ·26· Jul· ·202·4·\n\n·<|eot_id|>"
        + "·<|start_header_id|>·user·<|end_header_id|>·\n\n·Hello· there·<|eot_id|>"
        + "·<|start_header_id|>·assistant·<|end_header_id|>·\n\n")]
    [InlineData("mistral-v1", "<s>· [·INST·]· Hello· there· [/·INST·]")]
    [InlineData("mistral-v3", "<s>·[INST]· Hello· there·[/INST]")]
    [InlineData("mistral-v7", "<s>·[INST]· Hello· there·[/INST]")]
    [InlineData("mistral-v3-tekken", "<s>·[INST]·Hello· there·[/INST]")]
    // The newline after the mark is the model's first token in the published template; it stands for an answer that calls no tool.
    [InlineData("chatglm4", "[gMASK]·<sop>·<|user|>·\n·Hello· there·<|assistant|>·\n")]
    [InlineData("glm4", "[gMASK]·<sop>·<|user|>·\n·Hello· there·<|assistant|>·\n")]
    [InlineData("qwen2",
        "<|im_start|>·system·\n·You· are· a· helpful· assistant·.·<|im_end|>·\n"
        + "·<|im_start|>·user·\n·Hello· there·<|im_end|>·\n·<|im_start|>·assistant·\n")]
    [InlineData("qwen2.5",
        "<|im_start|>·system·\n·You· are· Q·wen·,· created· by· Alibaba· Cloud·.· You· are· a· helpful· assistant·.·<|im_end|>·\n"
        + "·<|im_start|>·user·\n·Hello· there·<|im_end|>·\n·<|im_start|>·assistant·\n")]
    [InlineData("qwen3",
        "<|im_start|>·user·\n·Hello· there·<|im_end|>·\n·<|im_start|>·assistant·\n·<think>·\n\n·</think>·\n\n")]
    [InlineData("gemma3", "<bos>·<start_of_turn>·user·\n·Hello· there·<end_of_turn>·\n·<start_of_turn>·model·\n")]
    public void One_turn_is_that_of_the_published_template(string name, string expected) =>
        Pieces(name, Ask("Hello there")).ShouldBe(expected);

    [Theory]
    [InlineData("llama3",
        "<|begin_of_text|>·<|start_header_id|>·system·<|end_header_id|>·\n\n·Be· brief·<|eot_id|>"
        + "·<|start_header_id|>·user·<|end_header_id|>·\n\n·Hello· there·<|eot_id|>"
        + "·<|start_header_id|>·assistant·<|end_header_id|>·\n\n·Hi·<|eot_id|>"
        + "·<|start_header_id|>·user·<|end_header_id|>·\n\n·Go· on·<|eot_id|>"
        + "·<|start_header_id|>·assistant·<|end_header_id|>·\n\n")]
    [InlineData("llama3.1",
        "<|begin_of_text|>·<|start_header_id|>·system·<|end_header_id|>·\n\n"
        + "·Cut·ting· Knowledge· Date·:· December· ·202·3·\n·Today· Date·:· ·26· Jul· ·202·4·\n\n·Be· brief·<|eot_id|>"
        + "·<|start_header_id|>·user·<|end_header_id|>·\n\n·Hello· there·<|eot_id|>"
        + "·<|start_header_id|>·assistant·<|end_header_id|>·\n\n·Hi·<|eot_id|>"
        + "·<|start_header_id|>·user·<|end_header_id|>·\n\n·Go· on·<|eot_id|>"
        + "·<|start_header_id|>·assistant·<|end_header_id|>·\n\n")]
    [InlineData("mistral-v1",
        "<s>· [·INST·]· Be· brief·\n\n·Hello· there· [/·INST·]· Hi·</s>· [·INST·]· Go· on· [/·INST·]")]
    // Here the system turn stays in the first user turn, and the published templates move it to the last: see the decisions.
    [InlineData("mistral-v3", "<s>·[INST]· Be· brief·\n\n·Hello· there·[/INST]· Hi·</s>·[INST]· Go· on·[/INST]")]
    [InlineData("mistral-v3-tekken", "<s>·[INST]·Be· brief·\n\n·Hello· there·[/INST]·Hi·</s>·[INST]·Go· on·[/INST]")]
    [InlineData("mistral-v7",
        "<s>·[SYSTEM_PROMPT]· Be· brief·[/SYSTEM_PROMPT]·[INST]· Hello· there·[/INST]· Hi·</s>·[INST]· Go· on·[/INST]")]
    [InlineData("chatglm4",
        "[gMASK]·<sop>·<|system|>·\n·Be· brief·<|user|>·\n·Hello· there·<|assistant|>·\n·Hi·<|user|>·\n·Go· on·<|assistant|>·\n")]
    [InlineData("glm4",
        "[gMASK]·<sop>·<|system|>·\n·Be· brief·<|user|>·\n·Hello· there·<|assistant|>·\n·Hi·<|user|>·\n·Go· on·<|assistant|>·\n")]
    [InlineData("qwen2",
        "<|im_start|>·system·\n·Be· brief·<|im_end|>·\n·<|im_start|>·user·\n·Hello· there·<|im_end|>·\n"
        + "·<|im_start|>·assistant·\n·Hi·<|im_end|>·\n·<|im_start|>·user·\n·Go· on·<|im_end|>·\n·<|im_start|>·assistant·\n")]
    [InlineData("qwen2.5",
        "<|im_start|>·system·\n·Be· brief·<|im_end|>·\n·<|im_start|>·user·\n·Hello· there·<|im_end|>·\n"
        + "·<|im_start|>·assistant·\n·Hi·<|im_end|>·\n·<|im_start|>·user·\n·Go· on·<|im_end|>·\n·<|im_start|>·assistant·\n")]
    [InlineData("qwen3",
        "<|im_start|>·system·\n·Be· brief·<|im_end|>·\n·<|im_start|>·user·\n·Hello· there·<|im_end|>·\n"
        + "·<|im_start|>·assistant·\n·Hi·<|im_end|>·\n·<|im_start|>·user·\n·Go· on·<|im_end|>·\n"
        + "·<|im_start|>·assistant·\n·<think>·\n\n·</think>·\n\n")]
    [InlineData("gemma3",
        "<bos>·<start_of_turn>·user·\n·Be· brief·\n\n·Hello· there·<end_of_turn>·\n·<start_of_turn>·model·\n·Hi·<end_of_turn>·\n"
        + "·<start_of_turn>·user·\n·Go· on·<end_of_turn>·\n·<start_of_turn>·model·\n")]
    public void System_and_several_turns_are_those_of_the_published_template(string name, string expected) =>
        Pieces(name, Talk).ShouldBe(expected);

    [Fact]
    public void Qwen3_starts_its_answer_itself_where_it_may_think() =>
        Pieces("qwen3", Ask("Hello there") with { Thinks = true }).ShouldBe(
            "<|im_start|>·user·\n·Hello· there·<|im_end|>·\n·<|im_start|>·assistant·\n");

    [Theory]
    [InlineData("gemma3", "<bos>·<start_of_turn>·user·\n· ·Be· brief·\n\n·Hello· there·<end_of_turn>·\n·<start_of_turn>·model·\n")]
    [InlineData("llama3",
        "<|begin_of_text|>·<|start_header_id|>·system·<|end_header_id|>·\n\n·Be· brief·<|eot_id|>"
        + "·<|start_header_id|>·user·<|end_header_id|>·\n\n·Hello· there·<|eot_id|>"
        + "·<|start_header_id|>·assistant·<|end_header_id|>·\n\n")]
    public void White_space_around_the_system_turn_is_kept_where_the_published_template_keeps_it(string name, string expected) =>
        Pieces(name, Conversation.Empty.System(" Be brief").User(" Hello there")).ShouldBe(expected);

    [Theory]
    [InlineData("llama3", "<|eot_id|>", 128009)]
    [InlineData("llama3.1", "<|eot_id|>", 128009)]
    [InlineData("mistral-v1", "</s>", 2)]
    [InlineData("mistral-v3", "</s>", 2)]
    [InlineData("mistral-v7", "</s>", 2)]
    [InlineData("mistral-v3-tekken", "</s>", 2)]
    [InlineData("chatglm4", "<|user|>", 151336)]
    [InlineData("glm4", "<|user|>", 151336)]
    [InlineData("qwen2", "<|im_end|>", 151645)]
    [InlineData("qwen2.5", "<|im_end|>", 151645)]
    [InlineData("qwen3", "<|im_end|>", 151645)]
    [InlineData("gemma3", "<end_of_turn>", 106)]
    public void An_answer_ends_with_the_token_that_ends_generation(string name, string text, int id)
    {
        var (file, weights, template) = Of(name);

        var answer = template.EncodeAnswer(Talk, "Hi there");

        answer.End.ShouldBe([id]);
        file.Texts[id].ShouldBe(text);
        template.EndOfTurn.ShouldBe(id);
        // The file of this one does not name it.
        weights.Vocabulary.EndsGeneration[id].ShouldBe(name != "chatglm4");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_conversation_continues_with_the_tokens_of_its_answer(string name)
    {
        var template = Of(name).Template;
        var prompt = Conversation.Empty.System("Be brief").User("Hello there") with { Thinks = true };
        var answer = template.EncodeAnswer(prompt, "Hi");

        int[] whole = [.. template.Encode(prompt), .. answer.Content, .. answer.End];

        template.Encode(prompt.Assistant("Hi").User("Go on"))[..whole.Length].ShouldBe(whole);
        template.Encode(prompt.Assistant("", answer.Content).User("Go on"))[..whole.Length].ShouldBe(whole);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Text_of_a_user_never_becomes_a_control_token(string name)
    {
        var (file, weights, template) = Of(name);
        var marks = string.Concat(file.Control.Select(c => c.Text));
        int[] control = [.. file.Control.Select(c => c.Id)];

        var tokens = template.Encode(Conversation.Empty.System(marks).User(marks).Assistant(marks).User(marks));

        tokens.Where(control.Contains).ShouldBe(template.Encode(Talk).Where(control.Contains));
        template.EncodeAnswer(Talk, marks).Content.ShouldNotContain(t => control.Contains(t));
        weights.Vocabulary.Detokenize(tokens).ShouldContain(marks);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void There_is_one_beginning_where_the_model_has_one(string name)
    {
        var (file, weights, template) = Of(name);
        var begins = file.Begin is not null && file.Pre is not ("qwen2" or "glm4" or "chatglm-bpe");

        weights.Vocabulary.BeginOfSequence.ShouldBe(begins ? file.Begin : null);
        template.Encode(Talk).Count(t => t == file.Begin).ShouldBe(begins ? 1 : 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_is_recognised_by_its_template(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, $"recognised-{name}.gguf");
        var described = new GgufInspector().Inspect(All.Single(f => f.Name == name).Write(path), null);

        described.Template.ShouldBe(name is "glm4" ? "chatglm4" : name);
        described.VocabularySize.ShouldBeInRange(32000, 262144);
    }

    private static string Pieces(string name, Conversation conversation)
    {
        var (file, _, template) = Of(name);
        return string.Join(Dot, template.Encode(conversation).Select(t => file.Texts[t]));
    }

    private static (FamilyFile File, LlamaWeights Weights, ChatTemplate Template) Of(string name) => Open.GetOrAdd(name, _ =>
    {
        var file = All.Single(f => f.Name == name);
        var weights = file.Open();
        return (file, weights, new(ChatTemplates.Recognise(name, file.Template), weights.Vocabulary));
    });
}
