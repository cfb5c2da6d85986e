using System.Diagnostics;
using SPaR.Llama.Decoding;

namespace SPaR.Benchmarks.Inference;

/// <summary>Passes everything on to a context and notes what changes it, and how long each evaluation takes.</summary>
internal sealed class RecordingDecoder(IDecoder context, StepTrace trace) : IDecoder
{
    public DecodeBatch Batch => context.Batch;

    public int Cells => context.Cells;

    public bool Decode()
    {
        var tokens = new BatchToken[Batch.Count];
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] = new(Batch[i], Batch.IsOutput(i));
        trace.Asked(other => Decode(other, tokens));
        var start = Stopwatch.GetTimestamp();
        var done = context.Decode();
        trace.Evaluations.Add(new(tokens.Length, Batch.Outputs, start, Stopwatch.GetTimestamp()));
        return done;
    }

    public ReadOnlySpan<float> Logits(int index) => context.Logits(index);

    public void Fork(int source, int destination, int length)
    {
        trace.Asked(other => other.Fork(source, destination, length));
        context.Fork(source, destination, length);
    }

    public void Truncate(int sequence, int length)
    {
        trace.Asked(other => other.Truncate(sequence, length));
        context.Truncate(sequence, length);
    }

    public void Clear()
    {
        trace.Asked(other => other.Clear());
        context.Clear();
    }

    public int Length(int sequence) => context.Length(sequence);

    public void Abort(bool on) => context.Abort(on);

    public void Dispose() => context.Dispose();

    private static void Decode(IDecoder other, BatchToken[] tokens)
    {
        other.Batch.Clear();
        foreach (var (asked, output) in tokens)
            other.Batch.Add(asked.Token, asked.Position, asked.Sequence, output);
        if (!other.Decode())
            throw new InvalidOperationException("A replayed evaluation was stopped, and nobody stops one here.");
    }

    private readonly record struct BatchToken((int Token, int Position, int Sequence) Asked, bool Output);
}
