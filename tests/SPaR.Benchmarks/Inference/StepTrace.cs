using System.Diagnostics;
using SPaR.Abstractions;
using SPaR.Llama.Binding;
using SPaR.Llama.Decoding;

namespace SPaR.Benchmarks.Inference;

/// <summary>One evaluation as it was seen.</summary>
/// <param name="Outputs">Tokens whose logits were asked for.</param>
/// <param name="Start">By <see cref="Stopwatch"/>, as is the end.</param>
internal readonly record struct Evaluation(int Tokens, int Outputs, long Start, long End)
{
    public double Seconds => Stopwatch.GetElapsedTime(Start, End).TotalSeconds;
}

/// <summary>What an engine asked of its context, in order. Asked again of another context, with nothing scheduled and nothing drawn, it
/// takes the least time that the engine could have taken with these steps.</summary>
internal sealed class StepTrace
{
    private readonly List<Action<IDecoder>> _asked = [];
    private (int Cells, int Sequences, int BatchTokens) _shape;

    public List<Evaluation> Evaluations { get; } = [];

    public long Tokens => Evaluations.Sum(e => (long)e.Tokens);

    public double DecodeSeconds => Evaluations.Sum(e => e.Seconds);

    public int Cells => _shape.Cells;

    /// <summary>Records what the context is asked through the returned decoder.</summary>
    public IDecoder Watch(LlamaContext context)
    {
        if (_shape != default)
            throw new InvalidOperationException("A trace is of one context; this one has another already.");
        _shape = (context.Cells, context.Sequences, context.Batch.Room);
        return new RecordingDecoder(context, this);
    }

    public void Asked(Action<IDecoder> what) => _asked.Add(what);

    /// <summary>Does all of it again in a new context of the same shape.</summary>
    /// <returns>The evaluations of this time, and what all took together.</returns>
    public (StepTrace Again, Elapsed Time) Replay(ModelFile file, int threads)
    {
        var again = new StepTrace();
        using var weights = LlamaWeights.Open(file.Path);
        using var context = again.Watch(LlamaContext.Create(
            weights, file, _shape.Cells, _shape.Sequences, _shape.BatchTokens, threads));
        var clock = Clock.Start();
        foreach (var ask in _asked)
            ask(context);
        return (again, clock.Read());
    }
}
