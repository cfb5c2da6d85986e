using System.Collections.Immutable;
using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>The tensors of a Llama file and their shapes: the required and the optional ones. Any other is refused, because training would
/// silently ignore it.</summary>
internal static class LlamaTensors
{
    public const string Embedding = "token_embd.weight", Head = "output.weight", FrequencyFactors = "rope_freqs.weight";

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
                $"{path}: the tensor '{other.Name}' cannot be trained in a model of the family llama. "
                + "Use a plain Llama without biases and experts.");
    }

    public static ModelRejectedException Missing(string path, string name) =>
        new("malformed", $"{path}: has no tensor '{name}'. Convert the model again.");

    /// <summary>Shapes are in GGUF's order: numbers along the first dimension are adjacent.</summary>
    private static IEnumerable<(string Name, ImmutableArray<long> Shape, string Reason)> Required(ModelConfig config)
    {
        long width = config.Width, inner = config.FeedForwardWidth, heads = (long)config.Heads * config.HeadWidth,
            shared = (long)config.KeyValueHeads * config.HeadWidth;
        yield return (Embedding, [width, config.VocabularySize], "embedding_length, vocabulary");
        yield return ("output_norm.weight", [width], "embedding_length");
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var block = $"blk.{layer}.";
            yield return ($"{block}attn_norm.weight", [width], "embedding_length");
            yield return ($"{block}attn_q.weight", [width, heads], "embedding_length, head_count × key_length");
            yield return ($"{block}attn_k.weight", [width, shared], "embedding_length, head_count_kv × key_length");
            yield return ($"{block}attn_v.weight", [width, shared], "embedding_length, head_count_kv × value_length");
            yield return ($"{block}attn_output.weight", [heads, width], "head_count × key_length, embedding_length");
            yield return ($"{block}ffn_norm.weight", [width], "embedding_length");
            yield return ($"{block}ffn_gate.weight", [width, inner], "embedding_length, feed_forward_length");
            yield return ($"{block}ffn_up.weight", [width, inner], "embedding_length, feed_forward_length");
            yield return ($"{block}ffn_down.weight", [inner, width], "feed_forward_length, embedding_length");
        }
    }

    private static IEnumerable<(string Name, ImmutableArray<long> Shape, string Reason)> Optional(ModelConfig config) =>
    [
        (Head, [config.Width, config.VocabularySize], "embedding_length, vocabulary"),
        (FrequencyFactors, [config.RotaryWidth / 2], "rope.dimension_count / 2"),
    ];

    private static void RequireShape(string path, GgufTensor tensor, ImmutableArray<long> shape, string reason)
    {
        if (!tensor.Dimensions.SequenceEqual(shape))
            throw new ModelRejectedException("malformed",
                $"{path}: the tensor '{tensor.Name}' has the shape [{string.Join(", ", tensor.Dimensions)}]; the metadata ({reason}) "
                + $"require [{string.Join(", ", shape)}]. Convert the model again.");
    }
}
