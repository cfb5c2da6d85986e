using System.Globalization;
using SPaR.Gguf;
using SPaR.Torch.Families;
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
        config.ShouldBe(new ModelConfig(
            LlamaFamily.Family, 2, 8, 2, 2, 4, 4, config.Epsilon, new AttentionSpan(10_000, 1), null, 1, 3, 6, HasFusedInputs: false));
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
        // The default was used instead, so that the trainer trained another model than llama.cpp runs.
        Refused(new LlamaBytes().With(key, (int[])[2, 1]), "unsupported-shape").ShouldContain($"has 2, 1 for 'llama.{key}'");
        Refused(new LlamaBytes().With(key, (int[])[2, 2, 2])).ShouldContain($"has 3 numbers for 'llama.{key}'");
        Refused(new LlamaBytes().With(key, (float[])[2, 2])).ShouldContain("Float32");
    }

    [Theory]
    [InlineData("attention.head_count_kv", 3u, "has 3 for 'llama.attention.head_count_kv'")]
    [InlineData("attention.head_count_kv", 0u, "has 0 for 'llama.attention.head_count_kv'")]
    [InlineData("attention.head_count", 3u, "has 8 for 'llama.embedding_length'")]
    [InlineData("embedding_length", 9u, "has 9 for 'llama.embedding_length'")]
    [InlineData("embedding_length", "8", "has 8 for 'llama.embedding_length'")]
    [InlineData("block_count", 4294967295u, "has 4294967295 for 'llama.block_count'")]
    [InlineData("attention.value_length", 2u, "has 2 for 'llama.attention.value_length'")]
    [InlineData("attention.key_length", 2u, "has 4 for 'llama.attention.value_length'")]
    [InlineData("rope.dimension_count", 2u, "has 2 for 'llama.rope.dimension_count'")]
    [InlineData("rope.scaling.factor", 0f, "has 0 for 'llama.rope.scaling.factor'")]
    [InlineData("rope.scaling.factor", -2f, "has -2 for 'llama.rope.scaling.factor'")]
    [InlineData("rope.scaling.factor", float.NaN, "has NaN for 'llama.rope.scaling.factor'")]
    [InlineData("rope.scaling.factor", "4", "has 4 for 'llama.rope.scaling.factor'")]
    [InlineData("rope.scale_linear", 0f, "has 0 for 'llama.rope.scale_linear'")]
    [InlineData("rope.scaling.attn_factor", 2f, "has 2 for 'llama.rope.scaling.attn_factor'")]
    [InlineData("rope.scaling.type", "longrope", "'longrope'")]
    [InlineData("final_logit_softcapping", 30f, "has 30 for 'llama.final_logit_softcapping'")]
    [InlineData("rope.scaling.type", 1u, "has 1 for 'llama.rope.scaling.type'")]
    [InlineData("rope.freq_base", 0f, "has 0 for 'llama.rope.freq_base'")]
    [InlineData("rope.freq_base", float.PositiveInfinity, "has Infinity for 'llama.rope.freq_base'")]
    [InlineData("attention.layer_norm_rms_epsilon", -1f, "'llama.attention.layer_norm_rms_epsilon'")]
    [InlineData("attention.causal", false, "has false for 'llama.attention.causal'")]
    public void An_unusable_value_is_refused_with_its_key(string key, object value, string message) =>
        Refused(new LlamaBytes().With(key, value), key == "rope.scaling.type" && value is string ? "unsupported-rope" : "malformed")
            .ShouldContain(message);

    [Fact]
    public void A_heads_width_must_be_even() =>
        Refused(new LlamaBytes().With("embedding_length", 10u).With("rope.dimension_count", 5u))
            .ShouldContain("has 5 for 'llama.rope.dimension_count'");

    [Fact]
    public void Positions_in_several_dimensions_are_refused() =>
        Refused(new LlamaBytes().With("rope.dimension_sections", (int[])[1, 1, 0, 0]), "unsupported-rope")
            .ShouldContain("'llama.rope.dimension_sections'");

    [Theory]
    [InlineData("block_count")]
    [InlineData("attention.layer_norm_rms_epsilon")]
    [InlineData("feed_forward_length")]
    public void A_number_that_is_missing_is_named(string key) =>
        Refused(new LlamaBytes().Without(key)).ShouldContain($"'llama.{key}'");

    [Theory]
    [InlineData("none", 1)]
    [InlineData("linear", 0.25)]
    [InlineData(null, 0.25)]
    public void The_old_key_of_scaling_is_the_factor_where_the_new_one_is_missing(string? type, double scale)
    {
        var bytes = type is null ? new LlamaBytes() : new LlamaBytes().With("rope.scaling.type", type);
        Read(bytes.With("rope.scale_linear", 4f)).Global.RopeScale.ShouldBe(scale);
        Read(bytes.With("rope.scale_linear", 8f).With("rope.scaling.factor", 4f)).Global.RopeScale.ShouldBe(scale);
    }

    [Theory]
    [InlineData("token_embd.weight", "8,4", "3 tokens")]
    [InlineData("token_embd.weight", "9,3", "[8, 3]")]
    [InlineData("output_norm.weight", "9", "[8]")]
    [InlineData("output.weight", "8,4", "[8, 3]")]
    [InlineData("rope_freqs.weight", "4", "[2]")]
    [InlineData("blk.0.attn_q.weight", "8,4", "[8, 8]")]
    [InlineData("blk.1.attn_k.weight", "8,8", "[8, 4]")]
    [InlineData("blk.1.attn_v.weight", "4,8", "[8, 4]")]
    [InlineData("blk.0.attn_output.weight", "8,7", "[8, 8]")]
    [InlineData("blk.0.ffn_gate.weight", "6,8", "[8, 6]")]
    [InlineData("blk.1.ffn_down.weight", "8,6", "[6, 8]")]
    [InlineData("blk.1.ffn_norm.weight", "8,1", "[8]")]
    [InlineData("blk.1.attn_q.bias", "9", "[8]")]
    [InlineData("blk.1.attn_output.bias", "8", null)]
    [InlineData("output.bias", "3", null)]
    [InlineData("blk.2.attn_q.weight", "8,8", null)]
    public void A_tensor_that_does_not_fit_is_refused_by_name(string name, string shape, string? expected)
    {
        var dimensions = shape.Split(',').Select(s => long.Parse(s, CultureInfo.InvariantCulture));
        var message = Refused(
            new LlamaBytes().WithTensor(name, [.. dimensions]), expected is null ? "unsupported-tensor" : "malformed");
        message.ShouldContain($"'{name}'");
        message.ShouldContain(expected ?? "");
    }

    [Theory]
    [InlineData("token_embd.weight")]
    [InlineData("blk.1.ffn_up.weight")]
    public void A_tensor_that_is_missing_is_named(string name) =>
        Refused(new LlamaBytes().WithTensor(name)).ShouldContain($"'{name}'");

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
