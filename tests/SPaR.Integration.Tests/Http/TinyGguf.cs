using System.Text;
using SPaR.Gguf;

namespace SPaR.Integration.Tests.Http;

/// <summary>The smallest file that can be registered as a model: LLaMA metadata, a vocabulary and one tensor.</summary>
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

    /// <param name="weights">Type of the tensor; F32 if null.</param>
    public static void Write(
        string path, string architecture = "llama", string template = "<|im_start|>{{ message }}<|im_end|>", int version = 3,
        GgufTensorType? weights = null)
    {
        var type = weights ?? GgufTensorType.F32;
        // A row consists of whole blocks.
        var row = Math.Max(8, type.BlockSize);
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write("GGUF"u8);
        writer.Write(version);
        writer.Write(1L);
        writer.Write(7L);
        Text("general.architecture", architecture);
        Text("tokenizer.chat_template", template);
        Number($"{architecture}.context_length", 512);
        Number($"{architecture}.block_count", 1);
        Number($"{architecture}.embedding_length", row);
        Number($"{architecture}.attention.head_count", 1);
        Key("tokenizer.ggml.tokens");
        writer.Write(9);
        writer.Write(8);
        writer.Write(2L);
        String("a");
        String("b");
        String("token_embd.weight");
        writer.Write(2);
        writer.Write((long)row);
        writer.Write(2L);
        writer.Write(type.Id);
        writer.Write(0L);
        writer.Write(new byte[(32 - (writer.BaseStream.Position % 32)) % 32]);
        writer.Write(new byte[row / type.BlockSize * 2 * type.BlockBytes]);

        void Text(string key, string value)
        {
            Key(key);
            writer.Write(8);
            String(value);
        }

        void Number(string key, int value)
        {
            Key(key);
            writer.Write(4);
            writer.Write(value);
        }

        void Key(string key) => String(key);

        void String(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            writer.Write((long)bytes.Length);
            writer.Write(bytes);
        }
    }
}
