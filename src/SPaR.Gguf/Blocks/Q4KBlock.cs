using System.Runtime.Intrinsics;

namespace SPaR.Gguf.Blocks;

/// <summary>Q4_K: 256 numbers (d s) q − (e m) in 8 groups of 32, each with its scale s and offset m. Layout: d, e (halves), scales (12
/// bytes), q (128 bytes; 32 of them hold two groups, low halves first).</summary>
internal static class Q4KBlock
{
    public static void Read(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (d, e) = (BlockNumbers.Half(block, 0), BlockNumbers.Half(block, 2));
        for (var group = 0; group < 8; group++)
        {
            var packed = Vector256.Create(block[(16 + group / 2 * 32)..]);
            var whole = group % 2 == 0 ? BlockNumbers.Low(packed) : BlockNumbers.High(packed);
            var (scale, offset) = KScales.Of(block[4..16], group);
            BlockNumbers.Write(whole.AsSByte(), d * scale, e * offset, numbers[(group * 32)..]);
        }
    }
}
