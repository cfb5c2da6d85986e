using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SPaR.Gguf.Blocks;

/// <summary>Q8_0: 32 numbers d q. Layout: d (half), q (32 signed bytes).</summary>
internal static class Q8Block
{
    public static void Read(ReadOnlySpan<byte> block, Span<float> numbers) =>
        BlockNumbers.Write(
            Vector256.Create(MemoryMarshal.Cast<byte, sbyte>(block[2..])), BlockNumbers.Half(block, 0), numbers);
}
