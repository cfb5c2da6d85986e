using SPaR.Llama.Inspection;
using SPaR.Tests.Torch;

namespace SPaR.Tests.Llama;

public sealed class TokenizerCheckTests : IDisposable
{
    private const string Tokens = "tokenizer.ggml.tokens";

    private readonly string _path = Path.GetTempFileName();

    /// <summary>llama.cpp aborts when the second is added.</summary>
    [Fact]
    public void A_token_that_is_there_twice_is_refused_with_both_numbers()
    {
        var message = Refused(new LlamaBytes().With(Tokens, new[] { "\u0120whale", "b", "\u0120whale" }));
        message.ShouldContain(Tokens);
        message.ShouldContain("0 and 2");
    }

    [Theory]
    [InlineData("a", "b", "a\0b")]
    [InlineData("[EMPTY_1]", "", "c")]
    public void Tokens_that_llama_cpp_takes_for_the_same_are_duplicates(string first, string second, string third) =>
        Refused(new LlamaBytes().With(Tokens, new[] { first, second, third })).ShouldContain(Tokens);

    [Fact]
    public void Tokens_that_are_parts_of_characters_and_empty_ones_are_taken() =>
        Accepted(new LlamaBytes().With(Tokens, new[] { "", "\u00e9", "\u00c3" }));

    [Theory]
    [InlineData("tokenizer.ggml.model", "bert")]
    [InlineData("tokenizer.ggml.model", "no_vocab")]
    [InlineData("tokenizer.ggml.model", 1u)]
    [InlineData("tokenizer.ggml.pre", "invented")]
    [InlineData("tokenizer.ggml.tokens", new string[] { })]
    [InlineData("tokenizer.ggml.tokens", new int[] { 1, 2, 3 })]
    [InlineData("tokenizer.ggml.merges", "a b")]
    [InlineData("tokenizer.ggml.merges", new string[] { "ab" })]
    [InlineData("tokenizer.ggml.token_type", new int[] { 1, 1 })]
    [InlineData("tokenizer.ggml.token_type", new int[] { 1, 1, 6 })]
    [InlineData("tokenizer.ggml.token_type", new float[] { 1, 1, 1 })]
    [InlineData("tokenizer.ggml.scores", new float[] { 1 })]
    [InlineData("tokenizer.ggml.scores", new float[] { 1, float.NaN, 1 })]
    [InlineData("tokenizer.ggml.scores", new int[] { 1, 1, 1 })]
    [InlineData("tokenizer.ggml.bos_token_id", 3u)]
    [InlineData("tokenizer.ggml.eos_token_id", "2")]
    [InlineData("tokenizer.ggml.padding_token_id", 1f)]
    [InlineData("tokenizer.ggml.add_bos_token", 1u)]
    [InlineData("tokenizer.ggml.suppress_tokens", new string[] { "a" })]
    [InlineData("tokenizer.chat_template", 1u)]
    public void What_no_tokeniser_can_be_built_from_is_refused_by_key(string key, object value) =>
        Refused(new LlamaBytes().With(key, value)).ShouldContain(key);

    [Fact]
    public void A_vocabulary_of_pieces_needs_a_token_for_each_byte()
    {
        var bytes = Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>").ToArray();
        Accepted(WithPieces(bytes));
        Accepted(WithPieces([.. bytes.Select(t => t == "<0x41>" ? "A" : t)]));
        Refused(WithPieces([.. bytes.Where(t => t != "<0x0A>")])).ShouldContain("<0x0A>");

        static LlamaBytes WithPieces(string[] tokens) => new LlamaBytes().With("tokenizer.ggml.model", "llama")
            .With(Tokens, tokens).WithTensor("token_embd.weight", 8, tokens.Length);
    }

    [Fact]
    public void A_model_named_Phi_3_needs_the_tokens_that_llama_cpp_looks_up()
    {
        var bytes = new LlamaBytes().With("general.name", "My Phi-3 mini");
        Refused(bytes).ShouldContain("<unk>");
        Accepted(bytes.With(Tokens, new[] { "<unk>", "<s>", "</s>", "<|endoftext|>" }).WithTensor("token_embd.weight", 8, 4));
    }

    public void Dispose() => File.Delete(_path);

    private string Refused(LlamaBytes bytes)
    {
        var e = Should.Throw<ModelRejectedException>(() => Accepted(bytes));
        e.Code.ShouldBe("malformed");
        return e.Message;
    }

    private void Accepted(LlamaBytes bytes)
    {
        bytes.Write(_path);
        new GgufInspector().Inspect(_path, "chatml").Architecture.ShouldBe("llama");
    }
}
