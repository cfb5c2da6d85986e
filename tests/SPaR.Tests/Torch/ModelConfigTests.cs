using System.Globalization;
using SPaR.Abstractions;
using SPaR.Gguf;
using SPaR.Torch.Models;

namespace SPaR.Tests.Torch;

/// <summary>What a file may say of itself, and what is refused before a weight is read.</summary>
public sealed class ModelConfigTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_file_is_described_with_the_defaults_of_llama_cpp()
    {
        var config = Read(new LlamaBytes().Without("attention.head_count_kv", "rope.dimension_count", "rope.freq_base"));
        config.ShouldBe(new ModelConfig(2, 8, 2, 2, 4, 4, config.Epsilon, 10_000, 1, 3, 6));
        config.Epsilon.ShouldBe(1e-5, 1e-9);
    }

    [Fact]
    public void Lists_of_equal_values_count_as_one_value() =>
        Read(new LlamaBytes().With("attention.head_count", (int[])[2, 2]).With("attention.head_count_kv", (int[])[1, 1])
            .With("feed_forward_length", (int[])[6, 6])).ShouldSatisfyAllConditions(
                c => c.Heads.ShouldBe(2), c => c.KeyValueHeads.ShouldBe(1), c => c.FeedForwardWidth.ShouldBe(6));

    [Theory]
    [InlineData("attention.head_count")]
    [InlineData("attention.head_count_kv")]
    [InlineData("feed_forward_length")]
    public void Layers_that_differ_are_refused(string key)
    {
        // They were passed over for the default, so that another model was trained than llama.cpp runs.
        Refused(new LlamaBytes().With(key, (int[])[2, 1]), "unsupported-shape").ShouldBe(
            $"{_path}: has 2, 1 for 'llama.{key}'; layers that differ cannot be trained here. Take a model whose layers are alike.");
        Refused(new LlamaBytes().With(key, (int[])[2, 2, 2]))
            .ShouldContain("it must be one number, or one for each of the 2 of block_count");
        Refused(new LlamaBytes().With(key, (float[])[2, 2])).ShouldContain("a list of Float32 where whole numbers belong");
    }

    [Theory]
    [InlineData("attention.head_count_kv", 3u, "has 3 for 'llama.attention.head_count_kv'; it must divide the 2 of")]
    [InlineData("attention.head_count_kv", 0u, "has 0 for 'llama.attention.head_count_kv'; it must be a whole number from 1.")]
    [InlineData(
        "attention.head_count",
        3u,
        "has 8 for 'llama.embedding_length'; without attention.key_length it must be a multiple of the 3")]
    [InlineData("embedding_length", 9u, "has 9 for 'llama.embedding_length'; without attention.key_length it must be a multiple of the 2")]
    [InlineData("embedding_length", "8", "has 8 for 'llama.embedding_length'; it must be a whole number from 1.")]
    [InlineData("block_count", 4294967295u, "has 4294967295 for 'llama.block_count'; it must be a whole number from 1.")]
    [InlineData("attention.value_length", 2u, "has 2 for 'llama.attention.value_length'; it must equal the 4 of attention.key_length.")]
    [InlineData("attention.key_length", 2u, "has 4 for 'llama.attention.value_length'; it must equal the 2 of attention.key_length.")]
    [InlineData("rope.dimension_count", 2u, "has 2 for 'llama.rope.dimension_count'; it must equal a head's width of 4, as in llama.cpp.")]
    [InlineData("rope.scaling.factor", 0f, "has 0 for 'llama.rope.scaling.factor'; it must be a finite number above 0.")]
    [InlineData("rope.scaling.factor", -2f, "has -2 for 'llama.rope.scaling.factor'; it must be a finite number above 0.")]
    [InlineData("rope.scaling.factor", float.NaN, "has NaN for 'llama.rope.scaling.factor'; it must be a finite number above 0.")]
    [InlineData("rope.scaling.factor", "4", "has 4 for 'llama.rope.scaling.factor'; it must be a number.")]
    [InlineData("rope.scale_linear", 0f, "has 0 for 'llama.rope.scale_linear'; it must be a finite number above 0.")]
    [InlineData("rope.scaling.attn_factor", 2f, "has 2 for 'llama.rope.scaling.attn_factor'; only 1 can be trained here.")]
    [InlineData("rope.scaling.type", "yarn", "scales its positions by 'yarn', which cannot be trained here. Supported: none, linear.")]
    [InlineData("rope.scaling.type", 1u, "has 1 for 'llama.rope.scaling.type'; it must be a text.")]
    [InlineData("rope.freq_base", 0f, "has 0 for 'llama.rope.freq_base'; it must be a finite number above 0.")]
    [InlineData("rope.freq_base", float.PositiveInfinity, "has Infinity for 'llama.rope.freq_base'; it must be a finite number above 0.")]
    [InlineData("attention.layer_norm_rms_epsilon", -1f, "'llama.attention.layer_norm_rms_epsilon'; it must be a finite number from 0.")]
    [InlineData("attention.causal", false, "has no for 'llama.attention.causal'; only causal attention can be trained here.")]
    public void A_value_that_cannot_be_is_refused_with_its_key(string key, object value, string message) =>
        Refused(new LlamaBytes().With(key, value), key == "rope.scaling.type" && value is string ? "unsupported-rope" : "malformed")
            .ShouldContain(message);

    [Fact]
    public void A_heads_width_must_be_even() =>
        Refused(new LlamaBytes().With("embedding_length", 10u).With("rope.dimension_count", 5u))
            .ShouldContain("has 5 for 'llama.rope.dimension_count'; it must be even: numbers rotate in pairs.");

    [Theory]
    [InlineData("block_count")]
    [InlineData("attention.layer_norm_rms_epsilon")]
    [InlineData("feed_forward_length")]
    public void A_number_that_is_missing_is_named(string key) =>
        Refused(new LlamaBytes().Without(key)).ShouldContain($"has no number 'llama.{key}' in its metadata.");

    [Theory]
    [InlineData("none", 1)]
    [InlineData("linear", 0.25)]
    [InlineData(null, 0.25)]
    public void The_old_key_of_scaling_is_the_factor_where_the_new_one_is_missing(string? type, double scale)
    {
        var bytes = type is null ? new LlamaBytes() : new LlamaBytes().With("rope.scaling.type", type);
        Read(bytes.With("rope.scale_linear", 4f)).RopeScale.ShouldBe(scale);
        Read(bytes.With("rope.scale_linear", 8f).With("rope.scaling.factor", 4f)).RopeScale.ShouldBe(scale);
    }

    [Theory]
    [InlineData("token_embd.weight", "8,4", "has 3 tokens in 'tokenizer.ggml.tokens' and 4 rows in the tensor 'token_embd.weight'.")]
    [InlineData("token_embd.weight", "9,3", "(embedding_length, vocabulary) it must be [8, 3].")]
    [InlineData("output_norm.weight", "9", "'output_norm.weight' has the shape [9]; by the metadata (embedding_length) it must be [8].")]
    [InlineData("output.weight", "8,4", "the tensor 'output.weight' has the shape [8, 4];")]
    [InlineData("rope_freqs.weight", "4", "(rope.dimension_count / 2) it must be [2].")]
    [InlineData("blk.0.attn_q.weight", "8,4", "(embedding_length, head_count × key_length) it must be [8, 8].")]
    [InlineData("blk.1.attn_k.weight", "8,8", "(embedding_length, head_count_kv × key_length) it must be [8, 4].")]
    [InlineData("blk.1.attn_v.weight", "4,8", "(embedding_length, head_count_kv × value_length) it must be [8, 4].")]
    [InlineData("blk.0.attn_output.weight", "8,7", "(head_count × key_length, embedding_length) it must be [8, 8].")]
    [InlineData("blk.0.ffn_gate.weight", "6,8", "(embedding_length, feed_forward_length) it must be [8, 6].")]
    [InlineData("blk.1.ffn_down.weight", "8,6", "(feed_forward_length, embedding_length) it must be [6, 8].")]
    [InlineData("blk.1.ffn_norm.weight", "8,1", "the tensor 'blk.1.ffn_norm.weight' has the shape [8, 1];")]
    [InlineData("blk.1.attn_q.bias", "8", "has the tensor 'blk.1.attn_q.bias', which training of the family llama does not know.")]
    [InlineData("blk.2.attn_q.weight", "8,8", "has the tensor 'blk.2.attn_q.weight', which training of the family llama does not know.")]
    public void A_tensor_that_does_not_fit_is_refused_by_name(string name, string shape, string message) =>
        Refused(new LlamaBytes().WithTensor(name, [.. shape.Split(',').Select(s => long.Parse(s, CultureInfo.InvariantCulture))]),
            message.Contains("does not know", StringComparison.Ordinal) ? "unsupported-tensor" : "malformed").ShouldContain(message);

    [Theory]
    [InlineData("token_embd.weight")]
    [InlineData("blk.1.ffn_up.weight")]
    public void A_tensor_that_is_missing_is_named(string name) =>
        Refused(new LlamaBytes().WithTensor(name)).ShouldBe($"{_path}: has no tensor '{name}'. Convert the model again.");

    private string Refused(LlamaBytes bytes, string code = "malformed")
    {
        var e = Should.Throw<ModelRejectedException>(() => Read(bytes));
        e.Code.ShouldBe(code);
        e.Message.ShouldStartWith(_path);
        return e.Message;
    }

    private ModelConfig Read(LlamaBytes bytes)
    {
        bytes.Write(_path);
        return ModelConfig.Read(_path, GgufReader.Read(_path));
    }
}
