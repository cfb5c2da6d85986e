using System.Diagnostics;
using SPaR.Llama.Decoding;

namespace SPaR.Llama.Scheduling;

/// <summary>Splits the sequences of a step into evaluations. Larger batches cost less per token, with two exceptions in llama.cpp on
/// CPUs.</summary>
/// <param name="UnbatchedUpTo">Up to this many sequences are evaluated one by one: products with some quantised weights (Q8_0) take longer
/// for a few tokens at once than one after the other. 1 for other weights.</param>
internal sealed record BatchShape(int UnbatchedUpTo = 1)
{
    /// <summary>From 64 tokens, attention is computed in whole tiles of 64 tokens by 64 cells wherever one token sees one cell; below, each
    /// token visits only the cells that it sees. With tiles, sequences that share little would pay for each other's cells.</summary>
    private const int Widest = 63;

    /// <summary>No sequence is evaluated by itself.</summary>
    public static BatchShape Batched { get; } = new();

    private const int Repetitions = 3;

    private static readonly int[] SmallBatches = [2, 4, 8];

    /// <summary>Measures on an empty context up to how many sequences one by one is faster.</summary>
    public static BatchShape Measure(IDecoder decoder, int sequences)
    {
        var single = Seconds(decoder, 1);
        var unbatchedUpTo = 1;
        foreach (var size in SmallBatches.TakeWhile(n => n <= sequences))
            if (Seconds(decoder, size) > size * single)
                unbatchedUpTo = size;
        decoder.Batch.Clear();
        decoder.Clear();
        return new(unbatchedUpTo);
    }

    /// <summary>Parts of about equal size, in order.</summary>
    public IEnumerable<Range> Parts(int sequences)
    {
        if (sequences == 0)
            yield break;
        var parts = sequences <= UnbatchedUpTo ? sequences : (sequences + Widest - 1) / Widest;
        for (var part = 0; part < parts; part++)
            yield return (sequences * part / parts)..(sequences * (part + 1) / parts);
    }

    /// <summary>The fastest of a few evaluations with one token for each sequence.</summary>
    private static double Seconds(IDecoder decoder, int sequences)
    {
        var best = double.PositiveInfinity;
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            decoder.Clear();
            decoder.Batch.Clear();
            for (var sequence = 0; sequence < sequences; sequence++)
                decoder.Batch.Add(0, 0, sequence, output: true);
            var start = Stopwatch.GetTimestamp();
            decoder.Decode();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
