using System.Collections.Immutable;
using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>The tensors of a model's file and their shapes: the required and the optional ones. Any other is refused, because training
/// would silently ignore it.</summary>
internal static class ModelTensors
{
    public const string Embedding = "token_embd.weight", Head = "output.weight", HeadBias = "output.bias",
        FrequencyFactors = "rope_freqs.weight";

    /// <exception cref="ModelRejectedException">A tensor is missing, unknown or has the wrong shape; the message names it.</exception>
    public static void Check(string path, GgufFile file, ModelConfig config)
    {
        var tensors = file.Tensors.ToDictionary(t => t.Name);
        foreach (var (name, shape, reason) in Required(config))
        {
            RequireShape(path, tensors.GetValueOrDefault(name) ?? throw Missing(path, name), shape, reason);
            tensors.Remove(name);
        }
        foreach (var (name, shape, reason) in Optional(config))
            if (tensors.Remove(name, out var tensor))
                RequireShape(path, tensor, shape, reason);
        if (file.Tensors.FirstOrDefault(t => tensors.ContainsKey(t.Name)) is { } other)
            throw new ModelRejectedException("unsupported-tensor",
                $"{path}: the tensor '{other.Name}' cannot be trained in a model of the architecture {config.Family.Architecture}. "
                + "Use a model without it.");
    }

    public static ModelRejectedException Missing(string path, string name) =>
        new("malformed", $"{path}: has no tensor '{name}'. Convert the model again.");

    private static IEnumerable<Expected> Required(ModelConfig config)
    {
        long width = config.Width;
        yield return new(Embedding, [width, config.VocabularySize], "embedding_length, vocabulary");
        yield return new("output_norm.weight", [width], "embedding_length");
        for (var layer = 0; layer < config.Layers; layer++)
            foreach (var tensor in Attention(config, $"blk.{layer}.").Concat(FeedForward(config, $"blk.{layer}.")))
                yield return tensor;
    }

    private static IEnumerable<Expected> Attention(ModelConfig config, string block)
    {
        var (width, queries) = ((long)config.Width, config.InputWidths[0]);
        yield return new($"{block}attn_norm.weight", [width], "embedding_length");
        foreach (var (name, rows, reason) in Inputs(config))
            yield return new($"{block}{name}.weight", [width, rows], $"embedding_length, {reason}");
        if (config.Family.HasQueryAndKeyNorms)
        {
            yield return new($"{block}attn_q_norm.weight", [config.HeadWidth], "key_length");
            yield return new($"{block}attn_k_norm.weight", [config.HeadWidth], "key_length");
        }
        yield return new($"{block}attn_output.weight", [queries, width], "head_count × key_length, embedding_length");
        if (config.Family.HasPostNorms)
            yield return new($"{block}post_attention_norm.weight", [width], "embedding_length");
    }

    private static IEnumerable<Expected> FeedForward(ModelConfig config, string block)
    {
        long width = config.Width, inner = config.FeedForwardWidth;
        yield return new($"{block}ffn_norm.weight", [width], "embedding_length");
        if (config.Family.HasFusedGate)
            yield return new($"{block}ffn_up.weight", [width, 2 * inner], "embedding_length, 2 × feed_forward_length");
        else
        {
            yield return new($"{block}ffn_gate.weight", [width, inner], "embedding_length, feed_forward_length");
            yield return new($"{block}ffn_up.weight", [width, inner], "embedding_length, feed_forward_length");
        }
        yield return new($"{block}ffn_down.weight", [inner, width], "feed_forward_length, embedding_length");
        if (config.Family.HasPostNorms)
            yield return new($"{block}post_ffw_norm.weight", [width], "embedding_length");
    }

    private static IEnumerable<Expected> Optional(ModelConfig config)
    {
        yield return new(Head, [config.Width, config.VocabularySize], "embedding_length, vocabulary");
        if (config.Family.HasOutputBias)
            yield return new(HeadBias, [config.VocabularySize], "vocabulary");
        if (config.Family.HasFrequencyFactors)
            yield return new(FrequencyFactors, [config.RotaryWidth / 2], "rope.dimension_count / 2");
        for (var layer = 0; layer < config.Layers; layer++)
            foreach (var (name, rows, reason) in Inputs(config))
                yield return new($"blk.{layer}.{name}.bias", [rows], reason);
    }

    /// <summary>The matrices that make queries, keys and values.</summary>
    private static (string Name, long Rows, string Reason)[] Inputs(ModelConfig config)
    {
        var widths = config.InputWidths;
        return config.HasFusedInputs
            ? [("attn_qkv", widths.Sum(), "(head_count + 2 × head_count_kv) × key_length")]
            :
            [
                ("attn_q", widths[0], "head_count × key_length"), ("attn_k", widths[1], "head_count_kv × key_length"),
                ("attn_v", widths[2], "head_count_kv × value_length"),
            ];
    }

    private static void RequireShape(string path, GgufTensor tensor, ImmutableArray<long> shape, string reason)
    {
        if (!tensor.Dimensions.SequenceEqual(shape))
            throw new ModelRejectedException("malformed",
                $"{path}: the tensor '{tensor.Name}' has the shape [{string.Join(", ", tensor.Dimensions)}]; the metadata ({reason}) "
                + $"require [{string.Join(", ", shape)}]. Convert the model again.");
    }

    /// <param name="Shape">In GGUF's order: numbers along the first dimension are adjacent.</param>
    /// <param name="Reason">The metadata that it follows from.</param>
    private sealed record Expected(string Name, ImmutableArray<long> Shape, string Reason);
}
