using System.Collections.Immutable;
using SPaR.Abstractions;
using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>The tensors of a Llama file and their shapes: what must be there, what may be, and that nothing else is, since it would be
/// left out of the computation without a word.</summary>
internal static class LlamaTensors
{
    public const string Embedding = "token_embd.weight", Head = "output.weight", FrequencyFactors = "rope_freqs.weight";

    /// <exception cref="ModelRejectedException">Names the tensor.</exception>
    public static void Check(string path, GgufFile file, ModelConfig config)
    {
        var tensors = file.Tensors.ToDictionary(t => t.Name);
        foreach (var (name, shape, reason) in Needed(config))
        {
            RequireShape(path, tensors.GetValueOrDefault(name) ?? throw Missing(path, name), shape, reason);
            tensors.Remove(name);
        }
        foreach (var (name, shape, reason) in Optional(config))
            if (tensors.Remove(name, out var tensor))
                RequireShape(path, tensor, shape, reason);
        if (file.Tensors.FirstOrDefault(t => tensors.ContainsKey(t.Name)) is { } other)
            throw new ModelRejectedException("unsupported-tensor",
                $"{path}: has the tensor '{other.Name}', which training of the family llama does not know. "
                + "Take a plain Llama: no biases, no experts.");
    }

    public static ModelRejectedException Missing(string path, string name) =>
        new("malformed", $"{path}: has no tensor '{name}'. Convert the model again.");

    /// <summary>In GGUF's order: the first dimension is the one whose numbers are adjacent.</summary>
    private static IEnumerable<(string Name, ImmutableArray<long> Shape, string Reason)> Needed(ModelConfig config)
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
                $"{path}: the tensor '{tensor.Name}' has the shape [{string.Join(", ", tensor.Dimensions)}]; by the metadata ({reason}) "
                + $"it must be [{string.Join(", ", shape)}]. Convert the model again.");
    }
}
