using SPaR.Llama.Scheduling;

namespace SPaR.Tests.Llama;

public sealed class BatchShapeTests
{
    [Theory]
    [InlineData(1, 0, "")]
    [InlineData(1, 1, "1")]
    [InlineData(1, 8, "8")]
    [InlineData(1, 63, "63")]
    [InlineData(1, 64, "32 32")]
    [InlineData(1, 200, "50 50 50 50")]
    [InlineData(4, 3, "1 1 1")]
    [InlineData(4, 4, "1 1 1 1")]
    [InlineData(4, 5, "5")]
    public void Sequences_are_batched_unless_that_is_slower(int unbatchedUpTo, int sequences, string parts)
    {
        var ranges = new BatchShape(unbatchedUpTo).Parts(sequences).ToArray();

        string.Join(' ', ranges.Select(r => r.End.Value - r.Start.Value)).ShouldBe(parts);
        ranges.SelectMany(r => Enumerable.Range(r.Start.Value, r.End.Value - r.Start.Value)).ShouldBe(Enumerable.Range(0, sequences));
    }

    [Fact]
    public void Measuring_leaves_an_empty_context()
    {
        var decoder = new ScriptedDecoder(64, 8, 16);
        BatchShape.Measure(decoder, 8).UnbatchedUpTo.ShouldBeInRange(1, 8);
        Enumerable.Range(0, 8).Sum(decoder.Length).ShouldBe(0);
        decoder.Batch.Count.ShouldBe(0);
    }
}
