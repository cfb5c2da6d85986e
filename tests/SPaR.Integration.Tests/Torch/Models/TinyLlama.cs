using SPaR.Gguf;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>Random Llama models, one for each variant that a file can describe.</summary>
internal static class TinyLlama
{
    private const int Layers = 2, Heads = 4, Vocabulary = 64;

    /// <param name="contextLength">Metadata only; the weights do not depend on it.</param>
    public static string Write(string path, string variant, uint contextLength = 512)
    {
        var (width, inner) = Widths(variant);
        var (shared, head) = (SharedHeads(variant), HeadWidth(variant));
        string[] tokens = [.. Enumerable.Range(0, Vocabulary).Select(i => i < 3 ? $"<{i}>" : $"w{i}")];
        var writer = new GgufWriter()
            .Add("general.architecture", "llama").Add("general.name", "tiny").Add("general.author", "nobody")
            .Add("general.license", "apache-2.0").Add("general.base_model.count", 1u).Add("general.base_model.0.name", "tinier")
            .Add("llama.context_length", contextLength).Add("llama.embedding_length", (uint)width).Add("llama.block_count", (uint)Layers)
            .Add("llama.feed_forward_length", (uint)inner).Add("llama.attention.head_count", (uint)Heads)
            .Add("llama.attention.head_count_kv", (uint)shared).Add("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add("llama.rope.dimension_count", (uint)(variant == "partial" ? head / 2 : head)).Add("llama.rope.freq_base", 10000f)
            .Add("tokenizer.ggml.model", "gpt2").Add("tokenizer.ggml.pre", "llama-bpe").Add("tokenizer.ggml.tokens", tokens)
            .Add("tokenizer.ggml.token_type", (IReadOnlyList<int>)[.. tokens.Select((_, i) => i < 3 ? 3 : 1)])
            .Add("tokenizer.ggml.merges", ["w 3"]).Add("tokenizer.ggml.bos_token_id", 1u).Add("tokenizer.ggml.eos_token_id", 2u);
        if (variant is "untyped" or "linear" or "unscaled")
            writer.Add("llama.rope.scaling.factor", 4f);
        if (variant is "linear" or "unscaled")
            writer.Add("llama.rope.scaling.type", variant == "linear" ? "linear" : "none");
        if (variant == "old")
            writer.Add("llama.rope.scale_linear", 4f);
        if (variant == "wide")
            writer.Add("llama.attention.key_length", (uint)head).Add("llama.attention.value_length", (uint)head);
        var random = new MicroRandom(23);
        foreach (var (name, dimensions) in Tensors(variant, width, inner, shared, head))
            Add(writer, variant, name, dimensions, random);
        using var stream = File.Create(path);
        writer.Write(stream);
        return path;
    }

    /// <summary>The rows of <c>broad</c> are as long as the largest blocks that are quantised.</summary>
    private static (int Width, int Inner) Widths(string variant) => variant is "broad" or "broad tied" ? (256, 256) : (64, 96);

    private static int SharedHeads(string variant) => variant is "gqa" ? 2 : Heads;

    private static int HeadWidth(string variant) => variant switch { "wide" => 24, "broad" or "broad tied" => 64, _ => 16 };

    private static IEnumerable<(string Name, long[] Dimensions)> Tensors(string variant, int width, int inner, int shared, int head)
    {
        yield return ("token_embd.weight", [width, Vocabulary]);
        yield return ("output_norm.weight", [width]);
        if (variant is not ("tied" or "broad tied"))
            yield return ("output.weight", [width, Vocabulary]);
        if (variant == "factors")
            yield return ("rope_freqs.weight", [head / 2]);
        for (var layer = 0; layer < Layers; layer++)
        {
            yield return ($"blk.{layer}.attn_norm.weight", [width]);
            yield return ($"blk.{layer}.attn_q.weight", [width, Heads * head]);
            yield return ($"blk.{layer}.attn_k.weight", [width, shared * head]);
            yield return ($"blk.{layer}.attn_v.weight", [width, shared * head]);
            yield return ($"blk.{layer}.attn_output.weight", [Heads * head, width]);
            yield return ($"blk.{layer}.ffn_norm.weight", [width]);
            yield return ($"blk.{layer}.ffn_gate.weight", [width, inner]);
            yield return ($"blk.{layer}.ffn_up.weight", [width, inner]);
            yield return ($"blk.{layer}.ffn_down.weight", [inner, width]);
        }
    }

    private static void Add(GgufWriter writer, string variant, string name, long[] dimensions, MicroRandom random)
    {
        var count = dimensions.Aggregate(1L, (a, b) => a * b);
        var scale = name.EndsWith("norm.weight", StringComparison.Ordinal) || name == "rope_freqs.weight" ? 0.2 : 0.25;
        var centre = scale == 0.2 ? 1.0 : 0;
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)(centre + scale * (2 * (random.Below(1 << 20) / (double)(1 << 20)) - 1));
        var type = dimensions.Length == 1 ? GgufTensorType.F32 : variant switch
        {
            "f16" => GgufTensorType.F16,
            "bf16" => GgufTensorType.BF16,
            "q8_0" when name == "output.weight" => GgufTensorType.Find(8)!,
            _ => GgufTensorType.F32,
        };
        writer.Add(name, type, dimensions, bytes =>
        {
            if (type.Name == "Q8_0")
                bytes.Write(new byte[count / type.BlockSize * type.BlockBytes]);
            else
                foreach (var value in values)
                    Write(bytes, type, value);
        });
    }

    private static void Write(BinaryWriter bytes, GgufTensorType type, float value)
    {
        if (type == GgufTensorType.F16)
            bytes.Write(BitConverter.HalfToUInt16Bits((Half)value));
        else if (type == GgufTensorType.BF16)
            bytes.Write((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
        else
            bytes.Write(value);
    }
}
