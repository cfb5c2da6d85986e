using System.Buffers.Binary;
using System.Text.Json.Nodes;
using SPaR.Service.Trainings;
using Tensorboard;

namespace SPaR.Tests.Training;

/// <summary>Read back with the messages that TensorBoard's own protocol has.</summary>
public sealed class TensorBoardFileTests
{
    private static readonly DateTimeOffset Started = new(2026, 11, 30, 12, 0, 0, 500, TimeSpan.Zero);

    [Fact]
    public void Every_step_is_an_event_with_its_metrics()
    {
        var file = TensorBoardFile.Of(Started, [
            Step(1, """{"loss":0.6931,"rewards/margins":0,"epoch":0.5}"""),
            Step(300, """{"loss":-1e-3,"note":"text","rewards/margins":null}"""),
        ]);

        var events = Records(file).Select(Event.Parser.ParseFrom).ToList();

        events[0].FileVersion.ShouldBe("brain.Event:2");
        events[0].WallTime.ShouldBe(1_796_040_000.5);
        events[1].Step.ShouldBe(1);
        events[1].Summary.Value.Select(v => (v.Tag, v.SimpleValue)).ShouldBe([("loss", 0.6931f), ("rewards/margins", 0f), ("epoch", 0.5f)]);
        events[2].Step.ShouldBe(300);
        events[2].Summary.Value.Select(v => (v.Tag, v.SimpleValue)).ShouldBe([("loss", -1e-3f)]);
    }

    [Fact]
    public void Checksums_are_those_of_tensorflow()
    {
        // The first record's length is 26; its masked CRC-32C by TensorFlow's definition.
        var file = TensorBoardFile.Of(Started, []);

        BinaryPrimitives.ReadInt64LittleEndian(file).ShouldBe(26);
        BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(8)).ShouldBe(Masked(file.AsSpan(0, 8)));
        BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(12 + 26)).ShouldBe(Masked(file.AsSpan(12, 26)));
        Crc("123456789"u8).ShouldBe(0xE3069283);
    }

    private static TrainingMetric Step(int step, string values) =>
        new() { TrainingRunId = "trn_1", Step = step, Values = JsonNode.Parse(values)!, ReadAt = Started.AddSeconds(step) };

    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at));
            yield return file[(at + 12)..(at + 12 + length)];
            at += 16 + length;
        }
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = Crc(bytes);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8);
    }

    /// <summary>Bit by bit, of Castagnoli's polynomial.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0x82F63B78 & (uint)-(int)(crc & 1));
        }

        return ~crc;
    }
}
