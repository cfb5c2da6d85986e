using SPaR.Gguf;

namespace SPaR.Benchmarks;

/// <summary>A Llama of random weights with a tied output layer: for measurements, not for use.</summary>
/// <param name="Sharpness">Gain of the last norm: about the standard deviation of the logits.</param>
internal sealed record RandomLlama(
    string Name, int Vocabulary, int Width, int Layers, int Heads, int KeyValueHeads, int Inner, float Sharpness = 1)
{
    public static readonly RandomLlama Small = new("1.7 M", 512, 192, 4, 6, 2, 512);

    public static readonly RandomLlama Large = new("40 M", 32_000, 512, 8, 8, 4, 1376);

    /// <summary>At temperature 0.7 a few dozen of its tokens share the probability, as with a trained model.</summary>
    public static readonly RandomLlama Inference = new("87 M", 32_000, 768, 10, 12, 12, 1696, Sharpness: 3);

    public int HeadWidth => Width / Heads;

    public void Write(string path) => Write(path, WeightFormat.F32, vocabulary: null);

    /// <param name="format">The format of the matrices; norms are always F32.</param>
    /// <param name="vocabulary">Null if the model never sees text.</param>
    public void Write(string path, WeightFormat format, WordVocabulary? vocabulary)
    {
        var writer = new GgufWriter()
            .Add("general.architecture", "llama").Add("llama.context_length", 2048u)
            .Add("llama.embedding_length", (uint)Width).Add("llama.block_count", (uint)Layers)
            .Add("llama.feed_forward_length", (uint)Inner).Add("llama.attention.head_count", (uint)Heads)
            .Add("llama.attention.head_count_kv", (uint)KeyValueHeads).Add("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add("llama.rope.dimension_count", (uint)HeadWidth).Add("llama.rope.freq_base", 10_000f)
            .Add("llama.vocab_size", (uint)Vocabulary);
        vocabulary?.AddTo(writer);
        var random = new Random(1);
        foreach (var (name, dimensions) in Tensors())
            if (dimensions.Length == 1)
                writer.Add(name, [.. Enumerable.Repeat(name == "output_norm.weight" ? Sharpness : 1, Width)], dimensions);
            else
                writer.Add(name, format.Type, dimensions, bytes => WriteMatrix(
                    bytes, dimensions, format, random, quietRows: name == "token_embd.weight" ? vocabulary?.Marks ?? 0 : 0));
        using var stream = File.Create(path);
        writer.Write(stream);
    }

    /// <summary>Scales the weights so that a matrix keeps the norm of its input.</summary>
    /// <param name="quietRows">The number of first rows, of tokens whose logits should stay near 0.</param>
    public static void WriteMatrix(BinaryWriter bytes, long[] dimensions, WeightFormat format, Random random, int quietRows)
    {
        var scale = Math.Sqrt(3.0 / dimensions[0]);
        var row = new float[dimensions[0]];
        var encoded = new byte[row.Length / format.Type.BlockSize * format.Type.BlockBytes];
        for (var r = 0; r < dimensions[1]; r++)
        {
            var size = r < quietRows ? scale / 1000 : scale;
            for (var i = 0; i < row.Length; i++)
                row[i] = (float)(size * (2 * random.NextDouble() - 1));
            format.Encode(row, encoded);
            bytes.Write(encoded);
        }
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
