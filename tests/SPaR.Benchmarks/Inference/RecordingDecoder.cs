using System.Diagnostics;
using SPaR.Llama.Decoding;

namespace SPaR.Benchmarks.Inference;

/// <summary>Passes every call on to a context. Records those that change it, and the time of each evaluation.</summary>
internal sealed class RecordingDecoder(IDecoder context, StepTrace trace) : IDecoder
{
    public DecodeBatch Batch => context.Batch;

    public int Cells => context.Cells;

    public bool Decode()
    {
        var tokens = new BatchToken[Batch.Count];
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] = new(Batch[i], Batch.IsOutput(i));
        trace.Record(other => Decode(other, tokens));
        var start = Stopwatch.GetTimestamp();
        var done = context.Decode();
        trace.Evaluations.Add(new(tokens.Length, Batch.Outputs, start, Stopwatch.GetTimestamp()));
        return done;
    }

    public ReadOnlySpan<float> Logits(int index) => context.Logits(index);

    public void Fork(int source, int destination, int length)
    {
        trace.Record(other => other.Fork(source, destination, length));
        context.Fork(source, destination, length);
    }

    public void Truncate(int sequence, int length)
    {
        trace.Record(other => other.Truncate(sequence, length));
        context.Truncate(sequence, length);
    }

    public void Clear()
    {
        trace.Record(other => other.Clear());
        context.Clear();
    }

    public int Length(int sequence) => context.Length(sequence);

    public void Abort(bool on) => context.Abort(on);

    public void Dispose() => context.Dispose();

    private static void Decode(IDecoder other, BatchToken[] tokens)
    {
        other.Batch.Clear();
        foreach (var (token, output) in tokens)
            other.Batch.Add(token.Id, token.Position, token.Sequence, output);
        if (!other.Decode())
            throw new InvalidOperationException("A replayed evaluation was aborted, although nothing aborts it.");
    }

    private readonly record struct BatchToken((int Id, int Position, int Sequence) Token, bool Output);
}
