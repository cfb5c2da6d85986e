using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace SPaR.Gguf.Blocks;

/// <summary>32 numbers of 5 bits: those of <see cref="Q4Block"/> with a fifth bit each, in 4 bytes before them. Q5_0 is d (q − 16), Q5_1
/// is d q + m.</summary>
internal static class Q5Block
{
    public static void ReadQ5_0(ReadOnlySpan<byte> block, Span<float> numbers) =>
        BlockNumbers.Write(Whole(block[2..]).AsSByte() - Vector256.Create((sbyte)16), BlockNumbers.Half(block, 0), numbers);

    public static void ReadQ5_1(ReadOnlySpan<byte> block, Span<float> numbers) =>
        BlockNumbers.Write(Whole(block[4..]).AsSByte(), BlockNumbers.Half(block, 0), -BlockNumbers.Half(block, 2), numbers);

    private static Vector256<byte> Whole(ReadOnlySpan<byte> bytes)
    {
        var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        Span<byte> fifth = stackalloc byte[32];
        for (var i = 0; i < 32; i++)
            fifth[i] = (byte)((high >> i & 1) << 4);
        return Q4Block.Whole(bytes[4..]) | Vector256.Create<byte>(fifth);
    }
}
