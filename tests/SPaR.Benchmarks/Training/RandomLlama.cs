using SPaR.Gguf;

namespace SPaR.Benchmarks.Training;

/// <summary>A Llama of random weights in F32 with a tied head: a shape to measure, not a model to use.</summary>
internal sealed record RandomLlama(string Name, int Vocabulary, int Width, int Layers, int Heads, int KeyValueHeads, int Inner)
{
    public static readonly RandomLlama Small = new("1.7 M", 512, 192, 4, 6, 2, 512);

    public static readonly RandomLlama Large = new("40 M", 32_000, 512, 8, 8, 4, 1376);

    public int HeadWidth => Width / Heads;

    public void Write(string path)
    {
        var writer = new GgufWriter()
            .Add("general.architecture", "llama").Add("llama.context_length", 2048u)
            .Add("llama.embedding_length", (uint)Width).Add("llama.block_count", (uint)Layers)
            .Add("llama.feed_forward_length", (uint)Inner).Add("llama.attention.head_count", (uint)Heads)
            .Add("llama.attention.head_count_kv", (uint)KeyValueHeads).Add("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add("llama.rope.dimension_count", (uint)HeadWidth).Add("llama.rope.freq_base", 10_000f)
            .Add("llama.vocab_size", (uint)Vocabulary);
        var dice = new Random(1);
        foreach (var (name, dimensions) in Tensors())
            writer.Add(name, GgufTensorType.F32, dimensions, bytes => Write(bytes, dimensions, dice));
        using var stream = File.Create(path);
        writer.Write(stream);
    }

    private static void Write(BinaryWriter bytes, long[] dimensions, Random dice)
    {
        // Gains of norms are 1; matrices keep the size of what goes through them.
        var scale = Math.Sqrt(3.0 / dimensions[0]);
        for (var i = dimensions.Aggregate(1L, (a, b) => a * b); i > 0; i--)
            bytes.Write(dimensions.Length == 1 ? 1f : (float)(scale * (2 * dice.NextDouble() - 1)));
    }

    private IEnumerable<(string Name, long[] Dimensions)> Tensors()
    {
        yield return ("token_embd.weight", [Width, Vocabulary]);
        yield return ("output_norm.weight", [Width]);
        for (var layer = 0; layer < Layers; layer++)
        {
            yield return ($"blk.{layer}.attn_norm.weight", [Width]);
            yield return ($"blk.{layer}.attn_q.weight", [Width, Heads * HeadWidth]);
            yield return ($"blk.{layer}.attn_k.weight", [Width, KeyValueHeads * HeadWidth]);
            yield return ($"blk.{layer}.attn_v.weight", [Width, KeyValueHeads * HeadWidth]);
            yield return ($"blk.{layer}.attn_output.weight", [Heads * HeadWidth, Width]);
            yield return ($"blk.{layer}.ffn_norm.weight", [Width]);
            yield return ($"blk.{layer}.ffn_gate.weight", [Width, Inner]);
            yield return ($"blk.{layer}.ffn_up.weight", [Width, Inner]);
            yield return ($"blk.{layer}.ffn_down.weight", [Inner, Width]);
        }
    }
}
