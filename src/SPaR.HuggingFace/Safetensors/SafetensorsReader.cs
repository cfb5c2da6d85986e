using System.Buffers.Binary;
using System.Text.Json;

namespace SPaR.HuggingFace.Safetensors;

/// <summary>Reads the header of a safetensors file and refuses a malformed one. Treats the file as hostile: every length is compared with
/// the rest of the file before memory is allocated for it, and the data of the tensors must fill the file without holes and
/// overlaps.</summary>
internal sealed class SafetensorsReader
{
    /// <summary>The format's own limit.</summary>
    private const int MaxHeader = 100_000_000;

    private const int MaxDimensions = 8, MaxName = 1024;

    private const string MetadataKey = "__metadata__";

    private readonly string _path;
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly List<SafetensorsTensor> _tensors = [];
    private string _part = "the header";

    private SafetensorsReader(string path) => _path = path;

    /// <exception cref="ModelRejectedException">With the code <c>not-found</c>, <c>not-a-regular-file</c>, <c>truncated</c>,
    /// <c>malformed</c> or <c>unknown-dtype</c>.</exception>
    public static SafetensorsFile Read(string path)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path);
            return new SafetensorsReader(path).ReadFile(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRejectedException("not-found", $"{path}: cannot be read ({e.Message}). Check the path and its permissions.");
        }
    }

    private SafetensorsFile ReadFile(Stream stream)
    {
        var word = new byte[8];
        if (stream.Length < word.Length)
            throw Truncated($"has {stream.Length} bytes; the header's length alone has {word.Length}");
        stream.ReadExactly(word);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(word);
        if (length > MaxHeader)
            throw Malformed($"has a header of {length} bytes; at most {MaxHeader} are allowed");
        if (length > (ulong)(stream.Length - word.Length))
            throw Truncated($"has a header of {length} bytes, but only {stream.Length - word.Length} after the header's length");
        var header = new byte[length];
        stream.ReadExactly(header);
        Parse(header);
        var tensors = _tensors.OrderBy(t => t.Offset).ThenBy(t => t.Bytes).ToImmutableArray();
        return new SafetensorsFile(_path, CheckData(tensors, word.Length + header.Length, stream.Length), _metadata);
    }

    private void Parse(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty || header[0] != '{')
            throw Malformed("has a header that does not start with {");
        try
        {
            // The format pads with spaces; anything else after the object is refused.
            var json = new Utf8JsonReader(header.TrimEnd((byte)' '));
            json.Read();
            var names = new HashSet<string>(StringComparer.Ordinal);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                _part = "the header";
                var name = json.GetString()!;
                _part = $"the tensor '{name}'";
                if (!names.Add(name))
                    throw Malformed($"has {_part} twice");
                json.Read();
                if (name == MetadataKey)
                    ReadMetadata(ref json);
                else
                    _tensors.Add(ReadTensor(ref json, name));
            }
            if (json.Read())
                throw Malformed("has more than one JSON value in its header");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Invalid UTF-8 in a string is an InvalidOperationException.
            throw Malformed($"has invalid JSON in {_part} ({e.Message})");
        }
    }

    private void ReadMetadata(ref Utf8JsonReader json)
    {
        _part = MetadataKey;
        Expect(json.TokenType == JsonTokenType.StartObject, "an object of strings");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            Expect(json.TokenType == JsonTokenType.String, "an object of strings");
            Expect(_metadata.TryAdd(key, json.GetString()!), $"an object without duplicates, but has '{key}' twice");
        }
    }

    private SafetensorsTensor ReadTensor(ref Utf8JsonReader json, string name)
    {
        Expect(name.Length is > 0 and <= MaxName, $"named with 1 to {MaxName} characters");
        Expect(json.TokenType == JsonTokenType.StartObject, "an object with dtype, shape and data_offsets");
        (string? type, List<long>? shape, List<long>? offsets) = (null, null, null);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = json.GetString();
            json.Read();
            if (field == "dtype" && type is null && json.TokenType == JsonTokenType.String)
                type = json.GetString();
            else if (field == "shape" && shape is null)
                shape = Numbers(ref json, MaxDimensions);
            else if (field == "data_offsets" && offsets is null)
                offsets = Numbers(ref json, 2);
            else
                throw Malformed($"has the field '{field}' in {_part}, which is unknown, given twice or of the wrong type");
        }
        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Malformed($"needs dtype, shape and two data_offsets for {_part}");
        var dtype = SafetensorsType.Find(type) ?? throw new ModelRejectedException(
            "unknown-dtype", $"{_path}: has the unknown dtype '{type}' for {_part}. Save the model in F32, F16 or BF16.");
        Expect(begin <= end, $"at offsets in order, but has [{begin}, {end}]");
        Expect(end - begin == Bytes(dtype, shape), $"as long as its shape says: {Bytes(dtype, shape)} bytes, not {end - begin}");
        return new SafetensorsTensor(name, dtype, [.. shape], begin, end - begin);
    }

    private List<long> Numbers(ref Utf8JsonReader json, int most)
    {
        Expect(json.TokenType == JsonTokenType.StartArray, "given with lists of whole numbers");
        var numbers = new List<long>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            var number = 0L;
            Expect(json.TokenType == JsonTokenType.Number && json.TryGetInt64(out number) && number >= 0,
                "given with whole numbers from 0");
            Expect(numbers.Count < most, $"given with at most {most} numbers in a list");
            numbers.Add(number);
        }
        return numbers;
    }

    private long Bytes(SafetensorsType type, List<long> shape)
    {
        var bits = (Int128)type.Bits;
        foreach (var size in shape)
        {
            bits *= size;
            Expect(bits <= long.MaxValue, "smaller");
        }
        Expect(bits % 8 == 0, "of whole bytes");
        return (long)(bits / 8);
    }

    /// <summary>Turns the offsets into positions in the file.</summary>
    private ImmutableArray<SafetensorsTensor> CheckData(ImmutableArray<SafetensorsTensor> tensors, long start, long length)
    {
        var expected = 0L;
        foreach (var tensor in tensors)
        {
            _part = $"the tensor '{tensor.Name}'";
            if (tensor.Offset != expected)
                throw Malformed(
                    $"has {_part} at offset {tensor.Offset}, {(tensor.Offset < expected ? "inside" : "after a hole behind")} the tensor "
                    + $"before it, which ends at {expected}");
            if (tensor.Bytes > length - start - expected)
                throw Truncated($"ends inside {_part}; it has {length} bytes");
            expected += tensor.Bytes;
        }
        if (expected != length - start)
            throw Malformed($"has {length - start - expected} bytes after its last tensor");
        return [.. tensors.Select(t => t with { Offset = t.Offset + start })];
    }

    private void Expect(bool condition, string rule)
    {
        if (!condition)
            throw Malformed($"has {_part}, which must be {rule}");
    }

    private ModelRejectedException Malformed(string what) => new("malformed", $"{_path}: {what}. Download or save the model again.");

    private ModelRejectedException Truncated(string what) => new("truncated", $"{_path}: {what}. Download or copy it again.");
}
