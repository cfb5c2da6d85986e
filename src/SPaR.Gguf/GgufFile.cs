using System.Collections.Immutable;

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
public sealed record GgufArray(GgufValueType ElementType, long Count, long Offset);

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
