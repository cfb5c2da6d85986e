using System.Runtime.InteropServices;
using SPaR.Gguf;
using SPaR.Gguf.Blocks;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Gguf;

/// <summary>Blocks as numbers, compared with ggml bit for bit.</summary>
public sealed class QuantisedBlocksTests
{
    private const int Row = 1024;

    /// <summary>Every type that can be read, with the places of its half-precision scales.</summary>
    public static TheoryData<uint, int[]> Types() => new()
    {
        { 2, [0] }, { 3, [0, 2] }, { 6, [0] }, { 7, [0, 2] }, { 8, [0] }, { 12, [0, 2] }, { 13, [0, 2] }, { 14, [208] },
    };

    [Fact]
    public void Every_type_that_can_be_read_is_compared() =>
        Types().Select(t => GgufTensorType.Find(t.Data.Item1)!.Name).Order(StringComparer.Ordinal).ShouldBe(QuantisedBlocks.Types);

    [Fact]
    public void Rows_that_ggml_quantised_have_ggmls_numbers()
    {
        var random = new MicroRandom(7);
        // Rows of ordinary weights, of tiny and of large ones, one of zeros, and single outliers.
        float[] numbers = [.. Enumerable.Range(0, 64 * Row).Select(i => (i / Row) switch
        {
            0 => 0,
            < 16 => Number(random) * 1e-6f,
            < 32 => Number(random) * 100,
            var row => Number(random) * (i % 97 == row ? 20 : 0.05f),
        })];

        foreach (var type in Types().Select(t => GgufTensorType.Find(t.Data.Item1)!))
            ShouldBeGgmls(type, Ggml.Quantise(type, numbers, Row));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Blocks_of_any_bits_have_ggmls_numbers(uint id, int[] scales)
    {
        var (type, random) = (GgufTensorType.Find(id)!, new MicroRandom(11));
        var blocks = new byte[2000 * type.BlockBytes];
        for (var i = 0; i < blocks.Length; i++)
            blocks[i] = (byte)random.Below(256);
        // Any finite half, subnormal ones and both zeros included; the payload of a NaN may differ.
        for (var block = 0; block < 2000; block++)
            foreach (var at in scales)
                MemoryMarshal.Write(blocks.AsSpan(block * type.BlockBytes + at), (ushort)(random.Below(2) << 15 | random.Below(0x7C00)));

        ShouldBeGgmls(type, blocks);
    }

    [Fact]
    public void A_span_that_does_not_fit_and_a_type_without_a_reader_are_refused()
    {
        var q8 = GgufTensorType.Find(8)!;
        Should.Throw<ArgumentException>(() => QuantisedBlocks.Read(q8, new byte[33], new float[32]));
        Should.Throw<ArgumentException>(() => QuantisedBlocks.Read(q8, new byte[34], new float[31]));
        Should.Throw<ArgumentException>(() => QuantisedBlocks.Read(GgufTensorType.Find(10)!, new byte[84], new float[256]));
    }

    private static void ShouldBeGgmls(GgufTensorType type, byte[] blocks)
    {
        var theirs = Ggml.Numbers(type, blocks);
        var ours = new float[theirs.Length];

        QuantisedBlocks.Read(type, blocks, ours);

        Bits(ours).ShouldBe(Bits(theirs));
    }

    private static int[] Bits(float[] numbers) => [.. numbers.Select(BitConverter.SingleToInt32Bits)];

    private static float Number(MicroRandom random) => (random.Below(1 << 20) - (1 << 19)) / (float)(1 << 19);
}
