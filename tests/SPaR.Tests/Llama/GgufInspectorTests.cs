using SPaR.Gguf;
using SPaR.Llama.Inspection;
using SPaR.Tests.Torch;

namespace SPaR.Tests.Llama;

public sealed class GgufInspectorTests : IDisposable
{
    private const string Template = "tokenizer.chat_template", ChatMl = "{{ '<|im_start|>' }}{{ '<|im_end|>' }}";

    private readonly string _path = Path.GetTempFileName();
    private readonly GgufInspector _inspector = new();

    [Fact]
    public void A_model_is_described()
    {
        var d = Inspect(new LlamaBytes().With("general.name", "tiny").With(Template, ChatMl));
        d.ShouldBe(new ModelDescription("llama", "tiny", 736, 128, 3, "F32", "chatml"));
    }

    [Fact]
    public void An_unknown_architecture_is_refused_with_the_known_ones() =>
        Refused(new LlamaBytes().With("general.architecture", "mamba"), "unknown-architecture").ShouldContain("qwen2");

    [Fact]
    public void An_unknown_template_is_refused_with_the_known_names() =>
        Refused(new LlamaBytes().With(Template, "{{ messages }}"), "unknown-template", null).ShouldContain("chatml");

    [Fact]
    public void A_file_without_a_template_can_be_given_one()
    {
        Refused(new LlamaBytes(), "unknown-template", null).ShouldContain("has no chat template");
        Inspect(new LlamaBytes(), "gemma").Template.ShouldBe("gemma");
    }

    [Fact]
    public void A_template_that_is_named_must_be_known() =>
        Refused(new LlamaBytes(), "unknown-template", "mine").ShouldContain("'mine'");

    [Fact]
    public void A_part_of_a_split_model_is_refused() => Refused(new LlamaBytes().With("split.count", 2u)).ShouldContain("Merge the parts");

    /// <summary>On most of these llama.cpp aborts, or reads what is not there.</summary>
    [Theory]
    [InlineData("general.type", "adapter")]
    [InlineData("general.name", 1u)]
    [InlineData("split.count", 1u)]
    [InlineData("context_length", "many")]
    [InlineData("context_length", 0u)]
    [InlineData("context_length", 128f)]
    [InlineData("block_count", 600u)]
    [InlineData("block_count", 0u)]
    [InlineData("attention.head_count", new float[] { 2, 2 })]
    [InlineData("attention.head_count", new int[] { 2, 2, 2 })]
    [InlineData("attention.head_count", new int[] { 2, 1 })]
    [InlineData("attention.head_count", 0u)]
    [InlineData("attention.head_count_kv", 3u)]
    [InlineData("attention.layer_norm_rms_epsilon", -1e-5f)]
    [InlineData("attention.layer_norm_rms_epsilon", 0f)]
    [InlineData("attention.layer_norm_rms_epsilon", float.NaN)]
    [InlineData("attention.layer_norm_rms_epsilon", float.PositiveInfinity)]
    [InlineData("attention.layer_norm_rms_epsilon", 1u)]
    [InlineData("attention.causal", false)]
    [InlineData("attention.value_length", 2u)]
    [InlineData("attention.key_length_swa", 2u)]
    [InlineData("rope.dimension_count", 2u)]
    [InlineData("rope.freq_base", -1f)]
    [InlineData("rope.scaling.type", "cubic")]
    [InlineData("rope.scaling.factor", float.NaN)]
    [InlineData("rope.dimension_sections", new int[] { 1, 1 })]
    [InlineData("expert_count", 4u, "expert_used_count")]
    [InlineData("expert_count", 513u)]
    [InlineData("expert_used_count", 2u)]
    [InlineData("deepstack_mapping", new int[] { 1 })]
    public void A_value_that_cannot_be_is_refused_by_key(string key, object value, string? named = null)
    {
        var message = Refused(new LlamaBytes().With(key, value));
        message.ShouldContain($"{named ?? key}'");
        message.ShouldContain("must be");
    }

    [Theory]
    [InlineData("context_length")]
    [InlineData("embedding_length")]
    [InlineData("feed_forward_length")]
    [InlineData("attention.head_count")]
    [InlineData("attention.layer_norm_rms_epsilon")]
    [InlineData("tokenizer.ggml.model")]
    [InlineData("tokenizer.ggml.tokens")]
    [InlineData("tokenizer.ggml.merges")]
    public void A_missing_value_is_refused_by_key(string key) =>
        Refused(new LlamaBytes().Without(key)).ShouldContain($"{key}'");

    [Fact]
    public void Values_that_llama_cpp_does_not_read_are_taken()
    {
        var bytes = new LlamaBytes().With("general.quantized_by", 7u).With("attention.invented", "yes").With("vocab_size", 99u)
            .With("tokenizer.ggml.padding_token_id", uint.MaxValue).With("attention.head_count", new int[] { 2, 2 });
        Inspect(bytes, "chatml").Architecture.ShouldBe("llama");
    }

    [Theory]
    [InlineData("blk.0.attn_q.weight", new long[] { })]
    [InlineData("output_norm.weight", new long[] { })]
    [InlineData("blk.2.attn_q.weight", new long[] { 8, 8 })]
    [InlineData("blk.0.attn_q_norm.weight", new long[] { 4 })]
    [InlineData("weights", new long[] { 4 })]
    [InlineData("token_embd.weight", new long[] { 8, 4 })]
    [InlineData("blk.1.ffn_down.weight", new long[] { 8, 6 })]
    [InlineData("blk.0.attn_q.bias", new long[] { 4 })]
    [InlineData("rope_freqs.weight", new long[] { 4 })]
    [InlineData("output.weight", new long[] { 8 })]
    public void A_tensor_that_is_missing_unknown_or_of_another_shape_is_refused_by_name(string name, long[] dimensions) =>
        Refused(new LlamaBytes().WithTensor(name, dimensions)).ShouldContain($"'{name}'");

    [Theory]
    [InlineData("output.weight", new long[] { 8, 3 })]
    [InlineData("blk.0.attn_q.bias", new long[] { 8 })]
    [InlineData("blk.1.ffn_down.bias", new long[] { 8, 1 })]
    [InlineData("rope_freqs.weight", new long[] { 2 })]
    public void A_tensor_that_files_may_have_is_taken(string name, long[] dimensions) =>
        Inspect(new LlamaBytes().WithTensor(name, dimensions), "chatml").Architecture.ShouldBe("llama");

    [Theory]
    [InlineData("blk.0.attn_norm.weight", "F16")]
    [InlineData("blk.0.attn_q.weight", "F64")]
    [InlineData("token_embd.weight", "I32")]
    public void A_type_that_llama_cpp_does_not_compute_with_is_refused_by_tensor(string name, string type)
    {
        var message = Refused(new LlamaBytes().WithType(name, TypeNamed(type)));
        message.ShouldContain($"'{name}'");
        message.ShouldContain(type);
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void A_matrix_may_have_any_type_of_language_models(string type) =>
        Inspect(new LlamaBytes().WithType("blk.0.attn_q.weight", TypeNamed(type)), "chatml").FileType.ShouldBe("F32");

    public void Dispose() => File.Delete(_path);

    private static GgufTensorType TypeNamed(string name) =>
        Enumerable.Range(0, 40).Select(id => GgufTensorType.Find((uint)id)).Single(t => t?.Name == name)!;

    private string Refused(LlamaBytes bytes, string code = "malformed", string? template = "chatml")
    {
        var e = Should.Throw<ModelRejectedException>(() => Inspect(bytes, template));
        e.Code.ShouldBe(code);
        return e.Message;
    }

    private ModelDescription Inspect(LlamaBytes bytes, string? template = null)
    {
        bytes.Write(_path);
        return _inspector.Inspect(_path, template);
    }
}
