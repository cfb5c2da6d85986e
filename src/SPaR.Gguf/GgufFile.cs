using System.Collections.Immutable;
using System.Text;
using SPaR.Abstractions;

namespace SPaR.Gguf;

/// <summary>The types of metadata values, with their numbers in the file.</summary>
public enum GgufValueType : uint
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

/// <summary>A metadata array. Its elements stay in the file: a vocabulary may have more than 100,000.</summary>
/// <param name="Offset">Position of the first element, in bytes from the start of the file.</param>
public sealed record GgufArray(GgufValueType ElementType, long Count, long Offset)
{
    /// <summary>Reads its elements: whole numbers of any width below 2^63.</summary>
    /// <param name="path">The file that contains it.</param>
    /// <exception cref="ModelRejectedException">It has other elements.</exception>
    public ImmutableArray<long> ReadIntegers(string path) => Read<long>(path, file => ElementType switch
    {
        GgufValueType.UInt8 => file.ReadByte(),
        GgufValueType.Int8 => file.ReadSByte(),
        GgufValueType.UInt16 => file.ReadUInt16(),
        GgufValueType.Int16 => file.ReadInt16(),
        GgufValueType.UInt32 => file.ReadUInt32(),
        GgufValueType.Int32 => file.ReadInt32(),
        GgufValueType.Int64 => file.ReadInt64(),
        GgufValueType.UInt64 when file.ReadUInt64() is <= long.MaxValue and var whole => (long)whole,
        _ => throw new ModelRejectedException(
            "malformed", $"{path}: has a list of {ElementType} where whole numbers belong. Convert the model again."),
    });

    /// <summary>Reads its elements: strings, a character for each byte, as a token may be a part of a UTF-8 character.</summary>
    /// <param name="path">The file that contains it.</param>
    public ImmutableArray<string> ReadStrings(string path) =>
        Read(path, file => Encoding.Latin1.GetString(file.ReadBytes(checked((int)file.ReadInt64()))));

    /// <summary>Reads its elements: 32-bit reals.</summary>
    /// <param name="path">The file that contains it.</param>
    public ImmutableArray<float> ReadSingles(string path) => Read(path, file => file.ReadSingle());

    private ImmutableArray<T> Read<T>(string path, Func<BinaryReader, T> element)
    {
        using var file = new BinaryReader(RegularFile.OpenRead(path));
        file.BaseStream.Position = Offset;
        var values = ImmutableArray.CreateBuilder<T>((int)Count);
        for (var i = 0L; i < Count; i++)
            values.Add(element(file));
        return values.MoveToImmutable();
    }
}

/// <summary>A metadata entry in the file: where its type and value are, after its key.</summary>
public sealed record GgufEntry(string Key, GgufValueType Type, long Offset, long Length);

/// <param name="Dimensions">The fastest-varying dimension first.</param>
/// <param name="Offset">In bytes from the start of the tensor data.</param>
public sealed record GgufTensor(string Name, GgufTensorType Type, ImmutableArray<long> Dimensions, long Elements, long Offset)
{
    public long Bytes => Elements / Type.BlockSize * Type.BlockBytes;
}

/// <summary>The header of a GGUF file: everything but the weights. A metadata value is a long (for every integer type but UInt64), ulong,
/// double, bool, string or <see cref="GgufArray"/>.</summary>
/// <param name="Entries">The positions of the metadata, in file order.</param>
/// <param name="DataOffset">Start of the tensor data, in bytes from the start of the file.</param>
public sealed record GgufFile(
    int Version, IReadOnlyDictionary<string, object> Metadata, ImmutableArray<GgufEntry> Entries, ImmutableArray<GgufTensor> Tensors,
    int Alignment, long DataOffset);
