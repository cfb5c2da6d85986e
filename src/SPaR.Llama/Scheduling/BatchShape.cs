using System.Diagnostics;
using SPaR.Llama.Decoding;

namespace SPaR.Llama.Scheduling;

/// <summary>Into which evaluations the sequences of a step go. More in one is faster for a token, with two exceptions, both of llama.cpp on
/// processors.</summary>
/// <param name="Apart">Up to so many sequences are evaluated one by one. Products with some quantised weights (Q8_0) are slower for a few
/// tokens than for each of them by itself; 1 where that is not so.</param>
internal sealed record BatchShape(int Apart = 1)
{
    /// <summary>From 64 tokens on attention is computed in tiles of 64 tokens by 64 cells, whole, wherever one token sees one of the cells;
    /// below, token by token over what each of them sees. Sequences that share little would pay for each other's cells.</summary>
    private const int Widest = 63;

    /// <summary>Nothing goes by itself.</summary>
    public static BatchShape Together { get; } = new();

    private const int Repetitions = 3;

    private static readonly int[] Few = [2, 4, 8];

    /// <summary>Tries on an empty context which numbers of sequences are faster one by one.</summary>
    public static BatchShape Measure(IDecoder decoder, int sequences)
    {
        var single = Seconds(decoder, 1);
        var apart = 1;
        foreach (var few in Few.TakeWhile(n => n <= sequences))
            if (Seconds(decoder, few) > few * single)
                apart = few;
        decoder.Batch.Clear();
        decoder.Clear();
        return new(apart);
    }

    /// <summary>Parts of about equal size, in order.</summary>
    /// <param name="sequences">How many there are.</param>
    public IEnumerable<Range> Parts(int sequences)
    {
        if (sequences == 0)
            yield break;
        var parts = sequences <= Apart ? sequences : (sequences + Widest - 1) / Widest;
        for (var part = 0; part < parts; part++)
            yield return (sequences * part / parts)..(sequences * (part + 1) / parts);
    }

    /// <summary>Of one evaluation with a token for each sequence, the fastest of a few.</summary>
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
