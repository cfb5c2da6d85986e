using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace SPaR.Gguf.Blocks;

/// <summary>What the block formats share: 32 whole numbers times a scale, with or without an offset. Multiplication and addition are
/// rounded one by one, as in ggml; a fused multiply-add would give other bits.</summary>
internal static class BlockNumbers
{
    /// <summary>The half-precision number at a place in a block.</summary>
    public static float Half(ReadOnlySpan<byte> block, int at) => (float)BinaryPrimitives.ReadHalfLittleEndian(block[at..]);

    /// <summary>numbers = scale × whole, 32 of them.</summary>
    public static void Write(Vector256<sbyte> whole, float scale, Span<float> numbers)
    {
        Write(whole.GetLower(), scale, numbers);
        Write(whole.GetUpper(), scale, numbers[16..]);
    }

    /// <summary>numbers = scale × whole, 16 of them.</summary>
    public static void Write(Vector128<sbyte> whole, float scale, Span<float> numbers)
    {
        var (low, high) = Vector256.Widen(Vector256.Create(Vector128.WidenLower(whole), Vector128.WidenUpper(whole)));
        (Vector256.ConvertToSingle(low) * scale).CopyTo(numbers);
        (Vector256.ConvertToSingle(high) * scale).CopyTo(numbers[8..]);
    }

    /// <summary>numbers = scale × whole − offset, 32 of them.</summary>
    public static void Write(Vector256<sbyte> whole, float scale, float offset, Span<float> numbers)
    {
        Write(whole, scale, numbers);
        for (var i = 0; i < 32; i += Vector256<float>.Count)
            (Vector256.Create<float>(numbers[i..]) - Vector256.Create(offset)).CopyTo(numbers[i..]);
    }

    /// <summary>Bit <paramref name="bit"/> of each of 32 bytes, moved to <paramref name="place"/>.</summary>
    public static Vector256<byte> Bit(Vector256<byte> bytes, int bit, byte place) =>
        Vector256.ConditionalSelect(
            Vector256.Equals(bytes & Vector256.Create((byte)(1 << bit)), Vector256<byte>.Zero),
            Vector256<byte>.Zero, Vector256.Create(place));

    /// <summary>The low half of each byte.</summary>
    public static Vector256<byte> Low(Vector256<byte> bytes) => bytes & Vector256.Create((byte)0x0F);

    /// <summary>The high half of each byte.</summary>
    public static Vector256<byte> High(Vector256<byte> bytes) => bytes >>> 4;
}
