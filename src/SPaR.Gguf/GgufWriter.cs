using System.Text;
using SPaR.Abstractions;

namespace SPaR.Gguf;

/// <summary>Writes a GGUF file, version 3: metadata and tensor list first, then the data of the tensors in the order in which they were
/// added. Does not know what the names mean.</summary>
public sealed class GgufWriter
{
    private const int Alignment = 32;

    private readonly List<(string Key, Action<BinaryWriter> Write)> _metadata = [];
    private readonly List<(string Name, GgufTensorType Type, long[] Dimensions, Action<BinaryWriter> Write)> _tensors = [];

    public GgufWriter Add(string key, string value) => Entry(key, GgufValueType.String, w => Write(w, value));

    public GgufWriter Add(string key, uint value) => Entry(key, GgufValueType.UInt32, w => w.Write(value));

    public GgufWriter Add(string key, float value) => Entry(key, GgufValueType.Float32, w => w.Write(value));

    public GgufWriter Add(string key, bool value) => Entry(key, GgufValueType.Bool, w => w.Write(value));

    public GgufWriter Add(string key, IReadOnlyList<string> values) => Array(key, GgufValueType.String, values, Write);

    public GgufWriter Add(string key, IReadOnlyList<int> values) => Array(key, GgufValueType.Int32, values, (w, v) => w.Write(v));

    public GgufWriter Add(string key, IReadOnlyList<float> values) =>
        Array(key, GgufValueType.Float32, values, (w, v) => w.Write(v));

    /// <param name="values">As many numbers as the dimensions give.</param>
    /// <param name="dimensions">The fastest-varying dimension first.</param>
    public GgufWriter Add(string name, float[] values, params long[] dimensions)
    {
        if (dimensions.Aggregate(1L, (a, b) => a * b) != values.Length)
            throw new ArgumentException(
                $"The tensor '{name}' has {values.Length} values, but dimensions [{string.Join(", ", dimensions)}].", nameof(values));
        _tensors.Add((name, GgufTensorType.F32, dimensions, w =>
        {
            foreach (var value in values)
                w.Write(value);
        }
        ));
        return this;
    }

    /// <param name="write">Writes exactly as many bytes as type and dimensions give.</param>
    public GgufWriter Add(string name, GgufTensorType type, IReadOnlyList<long> dimensions, Action<BinaryWriter> write)
    {
        _tensors.Add((name, type, [.. dimensions], write));
        return this;
    }

    /// <summary>Copies the metadata of another file unchanged, except for the keys that <paramref name="without"/> accepts.</summary>
    public GgufWriter AddMetadataOf(string path, GgufFile file, Func<string, bool> without)
    {
        using var source = RegularFile.OpenRead(path);
        foreach (var entry in file.Entries.Where(e => !without(e.Key)))
        {
            var value = new byte[entry.Length];
            source.Position = entry.Offset;
            source.ReadExactly(value);
            _metadata.Add((entry.Key, w => w.Write(value)));
        }

        return this;
    }

    public void Write(Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((long)_tensors.Count);
        writer.Write((long)_metadata.Count);
        foreach (var (key, write) in _metadata)
        {
            Write(writer, key);
            write(writer);
        }
        var offset = 0L;
        foreach (var (name, type, dimensions, _) in _tensors)
        {
            Write(writer, name);
            writer.Write((uint)dimensions.Length);
            foreach (var size in dimensions)
                writer.Write(size);
            writer.Write(type.Id);
            writer.Write(offset);
            offset += (Bytes(type, dimensions) + Alignment - 1) / Alignment * Alignment;
        }
        foreach (var (name, type, dimensions, write) in _tensors)
        {
            Pad(writer);
            var start = writer.BaseStream.Position;
            write(writer);
            writer.Flush();
            // One byte too few or too many would shift every later tensor.
            if (writer.BaseStream.Position - start is var written && written != Bytes(type, dimensions))
                throw new InvalidOperationException(
                    $"The tensor '{name}' was written with {written} bytes, but type and dimensions give {Bytes(type, dimensions)}.");
        }
        Pad(writer);
    }

    private static long Bytes(GgufTensorType type, long[] dimensions) =>
        dimensions.Aggregate(1L, (a, b) => a * b) / type.BlockSize * type.BlockBytes;

    private GgufWriter Entry(string key, GgufValueType type, Action<BinaryWriter> write)
    {
        _metadata.Add((key, w =>
        {
            w.Write((uint)type);
            write(w);
        }
        ));
        return this;
    }

    private GgufWriter Array<T>(string key, GgufValueType element, IReadOnlyList<T> values, Action<BinaryWriter, T> write) =>
        Entry(key, GgufValueType.Array, w =>
        {
            w.Write((uint)element);
            w.Write((long)values.Count);
            foreach (var value in values)
                write(w, value);
        });

    private static void Write(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        while (writer.BaseStream.Position % Alignment != 0)
            writer.Write((byte)0);
    }
}
