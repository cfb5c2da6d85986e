using System.Text;
using SPaR.Gguf;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>A GGUF file of which every field can be changed, also to what no writer would write.</summary>
internal sealed class RawGguf
{
    public byte[] Magic { get; set; } = "GGUF"u8.ToArray();

    public uint Version { get; set; } = 3;

    /// <summary>What the file says; null for what it has.</summary>
    public ulong? TensorCount { get; set; }

    /// <summary>What the file says; null for what it has.</summary>
    public ulong? EntryCount { get; set; }

    /// <summary>Where the tensors are put; it need not be what the metadata say.</summary>
    public int Alignment { get; set; } = 32;

    public List<RawEntry> Entries { get; } = [];

    public List<RawTensor> Tensors { get; } = [];

    public static RawGguf Read(string path)
    {
        var file = GgufReader.Read(path);
        var bytes = File.ReadAllBytes(path);
        var raw = new RawGguf();
        foreach (var entry in file.Entries)
            raw.Entries.Add(new(entry.Key, bytes[(int)entry.Offset..(int)(entry.Offset + entry.Length)]));
        foreach (var tensor in file.Tensors)
        {
            var start = (int)(file.DataOffset + tensor.Offset);
            raw.Tensors.Add(new(
                tensor.Name, tensor.Type.Id, [.. tensor.Dimensions.Select(d => (ulong)d)], bytes[start..(start + (int)tensor.Bytes)]));
        }
        return raw;
    }

    public RawEntry? Find(string key) => Entries.Find(e => e.Key == key);

    /// <summary>Adds an entry, or changes the one that there is.</summary>
    public void Set(string key, byte[] value)
    {
        var entry = new RawEntry(key, value);
        var at = Entries.FindIndex(e => e.Key == key);
        if (at < 0)
            Entries.Add(entry);
        else
            Entries[at] = entry;
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(TensorCount ?? (ulong)Tensors.Count);
        writer.Write(EntryCount ?? (ulong)Entries.Count);
        foreach (var entry in Entries)
        {
            Write(writer, entry.Key);
            writer.Write(entry.Value);
        }
        var offset = 0UL;
        foreach (var tensor in Tensors)
        {
            Write(writer, tensor.Name);
            writer.Write((uint)tensor.Dimensions.Length);
            foreach (var size in tensor.Dimensions)
                writer.Write(size);
            writer.Write(tensor.Type);
            writer.Write(tensor.Offset ?? offset);
            offset += (ulong)Padded(tensor.Data.Length);
        }
        foreach (var tensor in Tensors)
        {
            writer.Write(new byte[Padded(stream.Position) - stream.Position]);
            writer.Write(tensor.Data);
        }
        return stream.ToArray();
    }

    private static void Write(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private long Padded(long position) => (position + Alignment - 1) / Alignment * Alignment;
}

/// <param name="Value">Its type and its value.</param>
internal sealed record RawEntry(string Key, byte[] Value);

/// <param name="Dimensions">They need not be those of the data.</param>
internal sealed record RawTensor(string Name, uint Type, ulong[] Dimensions, byte[] Data)
{
    /// <summary>What the file says; null for where it is.</summary>
    public ulong? Offset { get; init; }
}
