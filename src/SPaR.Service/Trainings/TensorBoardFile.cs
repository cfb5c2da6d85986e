using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace SPaR.Service.Trainings;

/// <summary>Metrics as an event file of TensorBoard: TFRecords, each an <c>Event</c> message with a step, a time and one value per
/// metric.</summary>
internal static class TensorBoardFile
{
    private const uint MaskDelta = 0xa282ead8;

    // Field numbers of tensorboard's event.proto and summary.proto, shifted by three, with the wire type.
    private const byte WallTime = (1 << 3) | Fixed64, Step = (2 << 3) | Varint, FileVersion = (3 << 3) | Bytes, Summary = (5 << 3) | Bytes,
        Value = (1 << 3) | Bytes, Tag = (1 << 3) | Bytes, SimpleValue = (2 << 3) | Fixed32;

    private const byte Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    /// <param name="steps">In order.</param>
    public static byte[] Of(DateTimeOffset started, IEnumerable<TrainingMetric> steps)
    {
        using var file = new MemoryStream();
        Record(file, Event(started, 0, FileVersion, "brain.Event:2"u8));
        foreach (var step in steps)
            Record(file, Event(step.ReadAt, step.Step, Summary, SummaryOf(step)));
        return file.ToArray();
    }

    private static byte[] Event(DateTimeOffset time, long step, byte field, ReadOnlySpan<byte> content)
    {
        using var message = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(number, time.ToUnixTimeMilliseconds() / 1000.0);
        message.WriteByte(WallTime);
        message.Write(number);
        message.WriteByte(Step);
        WriteVarint(message, (ulong)step);
        WriteBytes(message, field, content);
        return message.ToArray();
    }

    private static byte[] SummaryOf(TrainingMetric step)
    {
        using var summary = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        foreach (var (name, given) in step.Values.AsObject())
        {
            if (given is not { } value || value.GetValueKind() is not System.Text.Json.JsonValueKind.Number)
                continue;
            using var metric = new MemoryStream();
            WriteBytes(metric, Tag, Encoding.UTF8.GetBytes(name));
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)value.GetValue<double>());
            metric.WriteByte(SimpleValue);
            metric.Write(number);
            WriteBytes(summary, Value, metric.ToArray());
        }

        return summary.ToArray();
    }

    private static void Record(MemoryStream file, byte[] content)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, content.Length);
        file.Write(length);
        WriteChecksum(file, length);
        file.Write(content);
        WriteChecksum(file, content);
    }

    /// <summary>A masked CRC-32C, as a checksum of data that holds checksums itself would be weak.</summary>
    private static void WriteChecksum(MemoryStream file, ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var value in content)
            crc = BitOperations.Crc32C(crc, value);
        crc = ~crc;
        Span<byte> masked = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(masked, BitOperations.RotateRight(crc, 15) + MaskDelta);
        file.Write(masked);
    }

    private static void WriteBytes(MemoryStream message, byte field, ReadOnlySpan<byte> content)
    {
        message.WriteByte(field);
        WriteVarint(message, (ulong)content.Length);
        message.Write(content);
    }

    private static void WriteVarint(MemoryStream message, ulong number)
    {
        for (; number > 0x7f; number >>= 7)
            message.WriteByte((byte)(number | 0x80));
        message.WriteByte((byte)number);
    }
}
