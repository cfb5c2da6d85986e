using System.Buffers.Binary;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SPaR.HuggingFace.Safetensors;

/// <summary>Writes safetensors files: one, or shards with an index. A tensor is written by a callback, so that only one chunk of it is in
/// memory.</summary>
/// <param name="stem">The files' names without number and extension.</param>
/// <param name="shardBytes">The most bytes of data in a shard; a larger tensor gets one of its own.</param>
internal sealed class SafetensorsWriter(string stem = "model", long shardBytes = 5_000_000_000)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(SafetensorsTensor Tensor, Action<Stream> Write)> _tensors = [];

    /// <param name="shape">The slowest-varying dimension first.</param>
    /// <param name="write">Writes exactly as many bytes as type and shape give.</param>
    public SafetensorsWriter Add(string name, SafetensorsType type, ImmutableArray<long> shape, Action<Stream> write)
    {
        _tensors.Add((new(name, type, shape, 0, shape.Aggregate(1L, (a, b) => a * b) * type.Bits / 8), write));
        return this;
    }

    /// <param name="folder">Exists.</param>
    public void Write(string folder)
    {
        var shards = Split();
        var names = shards.Select((_, i) => shards.Count == 1
            ? $"{stem}.safetensors"
            : string.Create(CultureInfo.InvariantCulture, $"{stem}-{i + 1:D5}-of-{shards.Count:D5}.safetensors")).ToList();
        for (var i = 0; i < shards.Count; i++)
            WriteShard(Path.Combine(folder, names[i]), shards[i]);
        if (shards.Count > 1)
            DurableFile.Write(Path.Combine(folder, $"{stem}.safetensors.index.json"), stream => WriteIndex(stream, shards, names));
    }

    private List<List<(SafetensorsTensor Tensor, Action<Stream> Write)>> Split()
    {
        List<List<(SafetensorsTensor Tensor, Action<Stream> Write)>> shards = [[]];
        var bytes = 0L;
        foreach (var entry in _tensors)
        {
            if (bytes > 0 && bytes + entry.Tensor.Bytes > shardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }
            shards[^1].Add(entry);
            bytes += entry.Tensor.Bytes;
        }
        return shards;
    }

    private static void WriteShard(string path, List<(SafetensorsTensor Tensor, Action<Stream> Write)> shard) =>
        DurableFile.Write(path, stream =>
        {
            var header = Header(shard);
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var (tensor, write) in shard)
            {
                var start = stream.Position;
                write(stream);
                // One byte too few or too many would shift every later tensor.
                if (stream.Position - start != tensor.Bytes)
                    throw new InvalidOperationException(
                        $"The tensor '{tensor.Name}' was written with {stream.Position - start} bytes, but has {tensor.Bytes}.");
            }
        });

    /// <summary>The header, padded with spaces so that the data start at a multiple of 8.</summary>
    private static byte[] Header(List<(SafetensorsTensor Tensor, Action<Stream> Write)> shard)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, Plain))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            // transformers refuses a file without it.
            json.WriteString("format", "pt");
            json.WriteEndObject();
            var offset = 0L;
            foreach (var (tensor, _) in shard)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.Name);
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (memory.Length % 8 != 0)
            memory.WriteByte((byte)' ');
        return memory.ToArray();
    }

    private static void WriteIndex(
        Stream stream, List<List<(SafetensorsTensor Tensor, Action<Stream> Write)>> shards, List<string> names)
    {
        using var json = new Utf8JsonWriter(stream, Plain with { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", shards.Sum(s => s.Sum(t => t.Tensor.Bytes)));
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        foreach (var (shard, name) in shards.Zip(names))
            foreach (var (tensor, _) in shard)
                json.WriteString(tensor.Name, name);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
