using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SPaR.Gguf;

namespace SPaR.Benchmarks;

/// <summary>How the weights of a row are stored in a file. The quantised formats are ggml's: blocks of 32 weights with a step in F16 and,
/// for each weight, a number of steps.</summary>
/// <param name="Encode">Writes a row, whose length is a multiple of the block size, to the bytes.</param>
internal sealed record WeightFormat(string Name, GgufTensorType Type, Action<float[], byte[]> Encode)
{
    private const int Block = 32, Step = 2;

    public static readonly WeightFormat F32 = new("f32", GgufTensorType.F32, (row, to) => MemoryMarshal.AsBytes<float>(row).CopyTo(to));

    public static readonly WeightFormat F16 = new("f16", GgufTensorType.F16, (row, to) =>
    {
        for (var i = 0; i < row.Length; i++)
            BinaryPrimitives.WriteHalfLittleEndian(to.AsSpan(2 * i), (Half)row[i]);
    });

    public static readonly WeightFormat Q8 = new("q8_0", Known(8), (row, to) => EachBlock(row, to, Known(8).BlockBytes, EncodeQ8));

    public static readonly WeightFormat Q4 = new("q4_0", Known(2), (row, to) => EachBlock(row, to, Known(2).BlockBytes, EncodeQ4));

    private delegate void BlockEncoder(ReadOnlySpan<float> weights, Span<byte> to);

    private static void EachBlock(float[] row, byte[] to, int bytes, BlockEncoder encode)
    {
        for (var b = 0; b < row.Length / Block; b++)
            encode(row.AsSpan(b * Block, Block), to.AsSpan(b * bytes, bytes));
    }

    /// <summary>Step, then 32 signed bytes: from -127 to 127 steps.</summary>
    private static void EncodeQ8(ReadOnlySpan<float> weights, Span<byte> to)
    {
        var step = MathF.Abs(Largest(weights)) / 127;
        BinaryPrimitives.WriteHalfLittleEndian(to, (Half)step);
        for (var i = 0; i < Block; i++)
            to[Step + i] = (byte)(sbyte)(step == 0 ? 0 : MathF.Round(weights[i] / step, MidpointRounding.AwayFromZero));
    }

    /// <summary>Step, then 16 bytes: the low halves hold the first 16 weights, the high halves the others, as steps plus 8. The sign of the
    /// step makes the largest weight -8 steps, as there is no +8.</summary>
    private static void EncodeQ4(ReadOnlySpan<float> weights, Span<byte> to)
    {
        var step = Largest(weights) / -8;
        BinaryPrimitives.WriteHalfLittleEndian(to, (Half)step);
        for (var i = 0; i < Block / 2; i++)
            to[Step + i] = (byte)(Steps(weights[i], step) | Steps(weights[i + Block / 2], step) << 4);
    }

    private static int Steps(float weight, float step) =>
        step == 0 ? 8 : Math.Clamp((int)MathF.Round(weight / step, MidpointRounding.AwayFromZero) + 8, 0, 15);

    private static float Largest(ReadOnlySpan<float> weights)
    {
        var largest = 0f;
        foreach (var weight in weights)
            if (MathF.Abs(weight) > MathF.Abs(largest))
                largest = weight;
        return largest;
    }

    private static GgufTensorType Known(uint id) => GgufTensorType.Find(id)!;
}
