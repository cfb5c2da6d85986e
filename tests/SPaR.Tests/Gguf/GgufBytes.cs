using System.Text;
using SPaR.Gguf;

namespace SPaR.Tests.Gguf;

/// <summary>Builds GGUF files byte by byte, including invalid ones.</summary>
internal sealed class GgufBytes
{
    private readonly List<byte> _bytes = [];

    public static GgufBytes Header(ulong tensors, ulong entries, uint version = 3) =>
        new GgufBytes().Raw("GGUF"u8.ToArray()).U32(version).U64(tensors).U64(entries);

    /// <summary>A well-formed file of one architecture with one tensor.</summary>
    public static byte[] Valid(string architecture = "llama", string? template = "{{ '<|im_start|>' }}{{ '<|im_end|>' }}")
    {
        var writer = Minimal(architecture);
        if (template is not null)
            writer.Add("tokenizer.chat_template", template);
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    public static GgufWriter Minimal(string architecture) => new GgufWriter()
        .Add("general.architecture", architecture)
        .Add("general.name", "tiny")
        .Add($"{architecture}.context_length", 128u)
        .Add($"{architecture}.embedding_length", 4u)
        .Add($"{architecture}.block_count", 1u)
        .Add($"{architecture}.attention.head_count", 1u)
        .Add("tokenizer.ggml.tokens", ["a", "b", "c"])
        .Add("weights", new float[12], 4, 3);

    public GgufBytes Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public GgufBytes U32(uint value) => Raw(BitConverter.GetBytes(value));

    public GgufBytes U64(ulong value) => Raw(BitConverter.GetBytes(value));

    public GgufBytes Text(string text) => U64((ulong)Encoding.UTF8.GetByteCount(text)).Raw(Encoding.UTF8.GetBytes(text));

    public GgufBytes Entry(string key, uint type, byte[] value) => Text(key).U32(type).Raw(value);

    public GgufBytes Tensor(string name, ulong[] dimensions, uint type = 0, ulong offset = 0)
    {
        Text(name).U32((uint)dimensions.Length);
        foreach (var size in dimensions)
            U64(size);
        return U32(type).U64(offset);
    }

    /// <summary>Pads to the alignment and adds data.</summary>
    public GgufBytes Data(int bytes)
    {
        while (_bytes.Count % 32 != 0)
            _bytes.Add(0);
        return Raw(new byte[bytes]);
    }

    public byte[] ToArray() => [.. _bytes];
}
