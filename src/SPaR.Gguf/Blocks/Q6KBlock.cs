using System.Runtime.Intrinsics;

namespace SPaR.Gguf.Blocks;

/// <summary>Q6_K: 256 numbers (d s) (q − 32) in 16 groups of 16, each with its scale s. Layout: low 4 bits of q (128 bytes), its high 2
/// bits (64 bytes), scales (16 signed bytes), d (half). Each half of the block has 128 numbers.</summary>
internal static class Q6KBlock
{
    public static void Read(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var d = BlockNumbers.Half(block, 208);
        for (var part = 0; part < 8; part++)
        {
            var (half, quarter) = Math.DivRem(part, 4);
            // The first two quarters are the low halves of 64 bytes, the last two the high ones.
            var packed = Vector256.Create(block[(half * 64 + quarter % 2 * 32)..]);
            var low = quarter < 2 ? BlockNumbers.Low(packed) : BlockNumbers.High(packed);
            var high = Vector256.Create(block[(128 + half * 32)..]) >>> (2 * quarter) & Vector256.Create((byte)3);
            var whole = (low | high << 4).AsSByte() - Vector256.Create((sbyte)32);
            var (first, second) = ((sbyte)block[192 + part * 2], (sbyte)block[193 + part * 2]);
            BlockNumbers.Write(whole.GetLower(), d * first, numbers[(part * 32)..]);
            BlockNumbers.Write(whole.GetUpper(), d * second, numbers[(part * 32 + 16)..]);
        }
    }
}
