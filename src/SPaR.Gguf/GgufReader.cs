using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using SPaR.Abstractions;

namespace SPaR.Gguf;

/// <summary>Reads a GGUF file's metadata and tensor list, and refuses a malformed file before llama.cpp opens it. Checks every count
/// against the rest of the file before it allocates memory for it; skips the strings of arrays.</summary>
public sealed class GgufReader
{
    private const int MaxDimensions = 4, MaxTensorName = 63, MaxKey = 65535, MaxString = 16 << 20, MaxAlignment = 1 << 20;

    private const string AlignmentKey = "general.alignment";

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly Stream _stream;
    private readonly long _length;
    private readonly byte[] _word = new byte[8];
    private string _part = "the header";

    private GgufReader(string path, Stream stream)
    {
        (_path, _stream, _length) = (path, stream, stream.Length);
    }

    /// <exception cref="ModelRejectedException">With the code <c>not-found</c>, <c>not-a-regular-file</c>, <c>not-gguf</c>,
    /// <c>truncated</c> or <c>malformed</c>.</exception>
    public static GgufFile Read(string path)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path);
            return new GgufReader(path, stream).ReadFile();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRejectedException("not-found", $"{path}: cannot be read ({e.Message}). Check the path and its permissions.");
        }
    }

    private GgufFile ReadFile()
    {
        if (_length < 4 || Bytes(4) is not [(byte)'G', (byte)'G', (byte)'U', (byte)'F'])
            throw new ModelRejectedException(
                "not-gguf", $"{_path}: is not a GGUF file (it does not start with GGUF). Convert the model to GGUF.");
        var version = UInt32();
        if (version is not (2 or 3))
            throw Malformed((version & 0xFFFF) == 0
                ? "is a big-endian GGUF file, which is not supported"
                : $"has GGUF version {version}; 2 and 3 are supported");
        // A tensor entry has at least 24 bytes, a metadata entry at least 13.
        var tensorCount = Count(UInt64(), 24, "tensors");
        var metadataCount = Count(UInt64(), 13, "metadata entries");
        var metadata = new Dictionary<string, object>(StringComparer.Ordinal);
        var entries = ImmutableArray.CreateBuilder<GgufEntry>();
        for (var i = 0L; i < metadataCount; i++)
            entries.Add(ReadEntry(i, metadata));
        var alignment = Alignment(metadata);
        var tensors = ReadTensors(tensorCount, alignment);
        var dataOffset = Padded(_stream.Position, alignment);
        CheckData(tensors, dataOffset, alignment);
        return new GgufFile((int)version, metadata, entries.ToImmutable(), tensors, alignment, dataOffset);
    }

    private GgufEntry ReadEntry(long index, Dictionary<string, object> metadata)
    {
        _part = $"metadata entry {index + 1}";
        var key = String(MaxKey, strict: true);
        if (key.Length == 0)
            throw Malformed($"has no name for {_part}");
        _part = $"the metadata entry '{key}'";
        var start = _stream.Position;
        var type = (GgufValueType)UInt32();
        if (!metadata.TryAdd(key, Value(type)))
            throw Malformed($"has {_part} twice");
        if (key == AlignmentKey && type != GgufValueType.UInt32)
            throw Malformed($"has a {AlignmentKey} of the type {type}, where {GgufValueType.UInt32} belongs");
        return new GgufEntry(key, type, start, _stream.Position - start);
    }

    private object Value(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 => (long)Bytes(1)[0],
        GgufValueType.Int8 => (long)(sbyte)Bytes(1)[0],
        GgufValueType.UInt16 => (long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)),
        GgufValueType.Int16 => (long)BinaryPrimitives.ReadInt16LittleEndian(Bytes(2)),
        GgufValueType.UInt32 => (long)UInt32(),
        GgufValueType.Int32 => (long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)),
        GgufValueType.Float32 => (double)BinaryPrimitives.ReadSingleLittleEndian(Bytes(4)),
        GgufValueType.Bool => Bool(),
        GgufValueType.String => String(MaxString, strict: false),
        GgufValueType.Array => Array(),
        GgufValueType.UInt64 => UInt64(),
        GgufValueType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8)),
        GgufValueType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(8)),
        _ => throw Malformed($"has the unknown value type {(uint)type} in {_part}"),
    };

    private bool Bool() =>
        Bytes(1)[0] switch
        {
            0 => false,
            1 => true,
            var other => throw Malformed($"has {other} for a boolean in {_part}"),
        };

    private GgufArray Array()
    {
        var type = (GgufValueType)UInt32();
        var size = type switch
        {
            GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
            GgufValueType.UInt16 or GgufValueType.Int16 => 2,
            GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
            GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
            GgufValueType.String => 8,
            _ => throw Malformed($"has the unknown element type {(uint)type} in {_part}"),
        };
        var count = Count(UInt64(), size, "elements");
        var offset = _stream.Position;
        if (type != GgufValueType.String)
            _stream.Seek(count * size, SeekOrigin.Current);
        else
            for (var i = 0L; i < count; i++)
                _stream.Seek(Count(UInt64(), 1, "bytes of a string"), SeekOrigin.Current);
        return new GgufArray(type, count, offset);
    }

    private ImmutableArray<GgufTensor> ReadTensors(long count, int alignment)
    {
        var tensors = ImmutableArray.CreateBuilder<GgufTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0L; i < count; i++)
        {
            _part = $"tensor {i + 1} of {count}";
            var name = String(MaxTensorName, strict: true);
            _part = $"the tensor '{name}'";
            if (!names.Add(name))
                throw Malformed($"has {_part} twice");
            tensors.Add(ReadTensor(name, alignment));
        }
        return tensors.ToImmutable();
    }

    private GgufTensor ReadTensor(string name, int alignment)
    {
        var rank = UInt32();
        if (rank is 0 or > MaxDimensions)
            throw Malformed($"has {rank} dimensions for {_part}; 1 to {MaxDimensions} are allowed");
        var dimensions = ImmutableArray.CreateBuilder<long>((int)rank);
        var elements = 1L;
        for (var d = 0; d < rank; d++)
        {
            var size = UInt64();
            if (size is 0 or > long.MaxValue || Math.BigMul((ulong)elements, size, out var low) != 0 || low > long.MaxValue / 8)
                throw Malformed($"has an impossible size in dimension {d + 1} of {_part}: {size}");
            elements = (long)low;
            dimensions.Add((long)size);
        }
        var id = UInt32();
        var type = GgufTensorType.Find(id) ?? throw Malformed($"has the unknown type {id} for {_part}");
        if (dimensions[0] % type.BlockSize != 0)
            throw Malformed(
                $"has rows of {dimensions[0]} numbers in {_part}, which {type.Name} cannot divide into blocks of {type.BlockSize}");
        var offset = UInt64();
        if (offset > long.MaxValue || offset % (ulong)alignment != 0)
            throw Malformed($"has the offset {offset} for {_part}; it must be a multiple of {alignment}");
        return new GgufTensor(name, type, dimensions.MoveToImmutable(), elements, (long)offset);
    }

    /// <summary>llama.cpp accepts only tensors that follow each other, each padded to the alignment.</summary>
    private void CheckData(ImmutableArray<GgufTensor> tensors, long dataOffset, int alignment)
    {
        var expected = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Offset != expected)
                throw Malformed(
                    $"has the tensor '{tensor.Name}' at offset {tensor.Offset}; expected {expected}, right after the tensor before it");
            if (tensor.Bytes > _length - dataOffset - tensor.Offset)
                throw Truncated($"the data of the tensor '{tensor.Name}'");
            expected = Padded(expected + tensor.Bytes, alignment);
        }
    }

    private int Alignment(Dictionary<string, object> metadata) =>
        !metadata.TryGetValue(AlignmentKey, out var value) ? 32
        : value is long and >= 8 and <= MaxAlignment and var alignment && (alignment & (alignment - 1)) == 0 ? (int)alignment
        : throw Malformed($"has a {AlignmentKey} that is not a power of two from 8 to 1048576");

    private static long Padded(long offset, int alignment) => (offset + alignment - 1) / alignment * alignment;

    /// <summary>Returns a count from the file if the rest of the file is large enough for it.</summary>
    private long Count(ulong count, int size, string what) =>
        count <= (ulong)(_length - _stream.Position) / (ulong)size
            ? (long)count
            : throw Truncated($"{_part} ({count} {what} expected)");

    private string String(int max, bool strict)
    {
        var length = Count(UInt64(), 1, "bytes of a string");
        if (length > max)
            throw Malformed($"has a string of {length} bytes in {_part}; at most {max} are allowed");
        var bytes = new byte[length];
        _stream.ReadExactly(bytes);
        try
        {
            return (strict ? Strict : Encoding.UTF8).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed($"has a name that is not UTF-8 in {_part}");
        }
    }

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    private ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (_length - _stream.Position < count)
            throw Truncated(_part);
        _stream.ReadExactly(_word, 0, count);
        return _word.AsSpan(0, count);
    }

    private ModelRejectedException Malformed(string what) =>
        new("malformed", $"{_path}: {what}. Convert or download the model again.");

    private ModelRejectedException Truncated(string where) =>
        new("truncated", $"{_path}: ends inside {where}; it has {_length} bytes. Download or copy it again.");
}
