using SPaR.Gguf;

namespace SPaR.Integration.Tests.Http;

/// <summary>The smallest file that can be registered as a model: a Llama of one layer and two tokens.</summary>
internal static class TinyGguf
{
    /// <param name="width">Embedding width of its base; the model's is 8.</param>
    public static void WriteAdapter(string path, string architecture = "llama", int width = 8)
    {
        using var stream = File.Create(path);
        new GgufWriter().Add("general.type", "adapter").Add("general.architecture", architecture).Add("adapter.type", "lora")
            .Add("adapter.lora.alpha", 1f).Add("token_embd.weight.lora_a", new float[2], 1, 2)
            .Add("token_embd.weight.lora_b", new float[width], 1, width).Write(stream);
    }

    /// <param name="weights">Type of the matrices; F32 if null.</param>
    public static void Write(
        string path, string architecture = "llama", string template = "<|im_start|>{{ message }}<|im_end|>",
        GgufTensorType? weights = null)
    {
        var type = weights ?? GgufTensorType.F32;
        // A row consists of whole blocks.
        var width = Math.Max(8, type.BlockSize);
        var writer = new GgufWriter().Add("general.architecture", architecture).Add("tokenizer.chat_template", template)
            .Add($"{architecture}.context_length", 512u).Add($"{architecture}.block_count", 1u)
            .Add($"{architecture}.embedding_length", (uint)width).Add($"{architecture}.feed_forward_length", (uint)width)
            .Add($"{architecture}.attention.head_count", 1u).Add($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add("tokenizer.ggml.model", "gpt2").Add("tokenizer.ggml.tokens", ["a", "b"]).Add("tokenizer.ggml.merges", ["a b"]);
        foreach (var name in new[] { "output_norm", "blk.0.attn_norm", "blk.0.ffn_norm" })
            writer.Add($"{name}.weight", new float[width], width);
        foreach (var name in new[] { "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down" })
            Matrix($"blk.0.{name}", width);
        Matrix("token_embd", 2);
        Matrix("output", 2);
        using var stream = File.Create(path);
        writer.Write(stream);

        void Matrix(string name, int rows) => writer.Add(
            $"{name}.weight", type, [width, rows], bytes => bytes.Write(new byte[width / type.BlockSize * rows * type.BlockBytes]));
    }
}
