using System.Collections.Immutable;
using SPaR.Abstractions;

namespace SPaR.Gguf;

/// <summary>The types of metadata values, by their number in the file.</summary>
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

/// <summary>An array of the metadata. Its elements stay in the file: a vocabulary has more than 100,000 of them.</summary>
/// <param name="Offset">Where its first element stands, in bytes from the start of the file.</param>
public sealed record GgufArray(GgufValueType ElementType, long Count, long Offset)
{
    /// <summary>Its elements, which must be whole numbers below 2^63, whatever their width.</summary>
    /// <param name="path">The file that it stands in.</param>
    /// <exception cref="ModelRejectedException">It holds something else.</exception>
    public ImmutableArray<long> ReadIntegers(string path)
    {
        using var file = new BinaryReader(new BufferedStream(File.OpenRead(path)));
        file.BaseStream.Position = Offset;
        var values = ImmutableArray.CreateBuilder<long>((int)Count);
        for (var i = 0L; i < Count; i++)
            values.Add(ElementType switch
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
        return values.MoveToImmutable();
    }
}

/// <summary>A metadata entry as it stands in the file: type and value, after its key.</summary>
public sealed record GgufEntry(string Key, long Offset, long Length);

/// <param name="Dimensions">The first is the one whose numbers are adjacent.</param>
/// <param name="Offset">In bytes from the start of the tensor data.</param>
public sealed record GgufTensor(string Name, GgufTensorType Type, ImmutableArray<long> Dimensions, long Elements, long Offset)
{
    public long Bytes => Elements / Type.BlockSize * Type.BlockBytes;
}

/// <summary>What a GGUF file says about itself: everything but the weights. A value is a long (every integer type but UInt64), ulong,
/// double, bool, string or <see cref="GgufArray"/>.</summary>
/// <param name="Entries">Where the metadata stand, in order.</param>
/// <param name="DataOffset">Where the tensor data start, in bytes from the start of the file.</param>
public sealed record GgufFile(
    int Version, IReadOnlyDictionary<string, object> Metadata, ImmutableArray<GgufEntry> Entries, ImmutableArray<GgufTensor> Tensors,
    int Alignment, long DataOffset);
