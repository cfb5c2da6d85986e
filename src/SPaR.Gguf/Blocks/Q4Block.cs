using System.Runtime.Intrinsics;

namespace SPaR.Gguf.Blocks;

/// <summary>32 numbers of 4 bits. Q4_0 is d (q − 8), laid out as d (half), q (16 bytes); Q4_1 is d q + m, laid out as d, m (halves), q.
/// Low halves of the bytes hold the first 16 numbers, high halves the last.</summary>
internal static class Q4Block
{
    public static void ReadQ4_0(ReadOnlySpan<byte> block, Span<float> numbers) =>
        BlockNumbers.Write(Whole(block[2..]).AsSByte() - Vector256.Create((sbyte)8), BlockNumbers.Half(block, 0), numbers);

    public static void ReadQ4_1(ReadOnlySpan<byte> block, Span<float> numbers) =>
        BlockNumbers.Write(Whole(block[4..]).AsSByte(), BlockNumbers.Half(block, 0), -BlockNumbers.Half(block, 2), numbers);

    /// <summary>The 32 numbers of 16 bytes, 0 to 15.</summary>
    public static Vector256<byte> Whole(ReadOnlySpan<byte> bytes)
    {
        var packed = Vector128.Create(bytes);
        return Vector256.Create(packed & Vector128.Create((byte)0x0F), packed >>> 4);
    }
}
