using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SPaR.Gguf;
using SPaR.HuggingFace.Config;
using SPaR.HuggingFace.Families;
using SPaR.HuggingFace.Safetensors;

namespace SPaR.HuggingFace;

/// <summary>Copies the numbers of a tensor from one file to another, a chunk at a time: rows in another order, vectors in another
/// type.</summary>
internal static class TensorCopy
{
    private const int Chunk = 1 << 20;

    public static (SafetensorsType Safetensors, GgufTensorType Gguf)[] Types { get; } =
    [
        (SafetensorsType.F32, GgufTensorType.F32), (SafetensorsType.F16, GgufTensorType.F16), (SafetensorsType.BF16, GgufTensorType.BF16),
    ];

    /// <param name="order">The source's row for each row of the target; null to keep their order.</param>
    public static void Rows(
        SafeFileHandle source, long offset, long rows, long rowBytes, Func<long, long>? order, Stream target, CancellationToken stop)
    {
        if (order is null)
            (rows, rowBytes, order) = (1, rows * rowBytes, row => row);
        var buffer = new byte[Math.Min(rowBytes, Chunk)];
        for (var row = 0L; row < rows; row++)
            for (var done = 0L; done < rowBytes; done += buffer.Length)
            {
                stop.ThrowIfCancellationRequested();
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, rowBytes - done));
                ReadExactly(source, part, offset + order(row) * rowBytes + done);
                target.Write(part);
            }
    }

    /// <summary>A whole vector as 32-bit reals: exact for each of the three types.</summary>
    public static float[] Vector(SafeFileHandle source, long offset, long count, SafetensorsType type)
    {
        var bytes = new byte[count * type.Bits / 8];
        ReadExactly(source, bytes, offset);
        if (type == SafetensorsType.F32)
            return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * i));
            values[i] = type == SafetensorsType.BF16
                ? BitConverter.Int32BitsToSingle(bits << 16)
                : (float)BitConverter.UInt16BitsToHalf(bits);
        }
        return values;
    }

    /// <returns>The numbers in the type, or null if it cannot hold one of them exactly.</returns>
    public static byte[]? Narrowed(float[] values, SafetensorsType type)
    {
        if (type == SafetensorsType.F32)
            return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        var bytes = new byte[values.Length * 2];
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BitConverter.SingleToInt32Bits(values[i]);
            var narrow = type == SafetensorsType.BF16 ? (ushort)(bits >> 16) : BitConverter.HalfToUInt16Bits((Half)values[i]);
            var wide = type == SafetensorsType.BF16
                ? narrow << 16 : BitConverter.SingleToInt32Bits((float)BitConverter.UInt16BitsToHalf(narrow));
            if (wide != bits)
                return null;
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), narrow);
        }
        return bytes;
    }

    /// <summary>The order of rows that turns transformers' into llama.cpp's.</summary>
    public static Func<long, long>? ToGguf(TensorChange change, ModelShape shape)
    {
        return change is TensorChange.QueryRows or TensorChange.KeyRows ? Source : null;

        long Source(long row)
        {
            var (head, within) = Math.DivRem(row, shape.HeadWidth);
            return head * shape.HeadWidth + within % 2 * (shape.HeadWidth / 2) + within / 2;
        }
    }

    /// <summary>The order of rows that turns llama.cpp's into transformers'.</summary>
    public static Func<long, long>? ToHuggingFace(TensorChange change, ModelShape shape)
    {
        return change is TensorChange.QueryRows or TensorChange.KeyRows ? Source : null;

        long Source(long row)
        {
            var (head, within) = Math.DivRem(row, shape.HeadWidth);
            var (half, pair) = Math.DivRem(within, shape.HeadWidth / 2);
            return head * shape.HeadWidth + 2 * pair + half;
        }
    }

    /// <exception cref="ModelRejectedException"><c>not-finite</c>: a number is infinite or none at all.</exception>
    public static void RequireFinite(string path, string name, SafeFileHandle source, long offset, long bytes, SafetensorsType type)
    {
        var buffer = new byte[Math.Min(bytes, Chunk)];
        for (var done = 0L; done < bytes; done += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes - done));
            ReadExactly(source, part, offset + done);
            if (!IsFinite(part, type))
                throw new ModelRejectedException(
                    "not-finite", $"{path}: the tensor '{name}' has a number that is infinite "
                    + "or not a number (NaN). The weights are damaged, or "
                    + "the training failed: download them again, or use an earlier checkpoint.");
        }
    }

    public static void ReadExactly(SafeFileHandle source, Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            var read = RandomAccess.Read(source, target, offset);
            if (read == 0)
                throw new EndOfStreamException("A model file became shorter while it was read. Start again when nothing writes to it.");
            target = target[read..];
            offset += read;
        }
    }

    /// <summary>All bits of the exponent are set in an infinite number and in NaN.</summary>
    private static bool IsFinite(ReadOnlySpan<byte> bytes, SafetensorsType type)
    {
        if (type == SafetensorsType.F32)
        {
            foreach (var number in MemoryMarshal.Cast<byte, uint>(bytes))
                if ((number & 0x7F80_0000) == 0x7F80_0000)
                    return false;
            return true;
        }
        var exponent = type == SafetensorsType.BF16 ? 0x7F80 : 0x7C00;
        foreach (var number in MemoryMarshal.Cast<byte, ushort>(bytes))
            if ((number & exponent) == exponent)
                return false;
        return true;
    }
}
