using System.Runtime.Intrinsics;

namespace SPaR.Gguf.Blocks;

/// <summary>Q5_K: <see cref="Q4KBlock"/> with a fifth bit for each number. Layout: d, e (halves), scales (12 bytes), fifth bits (32 bytes;
/// bit g of each belongs to group g), q (128 bytes).</summary>
internal static class Q5KBlock
{
    public static void Read(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (d, e) = (BlockNumbers.Half(block, 0), BlockNumbers.Half(block, 2));
        var fifth = Vector256.Create(block[16..]);
        for (var group = 0; group < 8; group++)
        {
            var packed = Vector256.Create(block[(48 + group / 2 * 32)..]);
            var whole = (group % 2 == 0 ? BlockNumbers.Low(packed) : BlockNumbers.High(packed)) | BlockNumbers.Bit(fifth, group, 16);
            var (scale, offset) = KScales.Of(block[4..16], group);
            BlockNumbers.Write(whole.AsSByte(), d * scale, e * offset, numbers[(group * 32)..]);
        }
    }
}
