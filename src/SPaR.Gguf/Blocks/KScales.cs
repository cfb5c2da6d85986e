namespace SPaR.Gguf.Blocks;

/// <summary>The scales and offsets of Q4_K and Q5_K: 8 pairs of 6 bits in 12 bytes.</summary>
internal static class KScales
{
    /// <param name="packed">12 bytes.</param>
    /// <param name="index">From 0 to 7.</param>
    public static (int Scale, int Offset) Of(ReadOnlySpan<byte> packed, int index) => index < 4
        ? (packed[index] & 63, packed[index + 4] & 63)
        : (packed[index + 4] & 0x0F | packed[index - 4] >> 6 << 4, packed[index + 4] >> 4 | packed[index] >> 6 << 4);
}
