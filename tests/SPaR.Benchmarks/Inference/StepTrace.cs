using System.Diagnostics;
using SPaR.Llama.Binding;
using SPaR.Llama.Decoding;

namespace SPaR.Benchmarks.Inference;

/// <summary>One recorded evaluation.</summary>
/// <param name="Outputs">Tokens whose logits were asked for.</param>
/// <param name="Start">A timestamp of <see cref="Stopwatch"/>, like the end.</param>
internal readonly record struct Evaluation(int Tokens, int Outputs, long Start, long End)
{
    public double Seconds => Stopwatch.GetElapsedTime(Start, End).TotalSeconds;
}

/// <summary>The calls of an engine to its context, in order. Replayed on another context, without scheduling and sampling, they take the
/// least time that these steps can take.</summary>
internal sealed class StepTrace
{
    private readonly List<Action<IDecoder>> _calls = [];
    private (int Cells, int Sequences, int BatchTokens) _shape;

    public List<Evaluation> Evaluations { get; } = [];

    public long Tokens => Evaluations.Sum(e => (long)e.Tokens);

    public double DecodeSeconds => Evaluations.Sum(e => e.Seconds);

    public int Cells => _shape.Cells;

    /// <summary>Records the calls to the context through the returned decoder.</summary>
    public IDecoder Wrap(LlamaContext context)
    {
        if (_shape != default)
            throw new InvalidOperationException("A trace records one context, and this one already has one. Use a new trace.");
        _shape = (context.Cells, context.Sequences, context.Batch.Room);
        return new RecordingDecoder(context, this);
    }

    public void Record(Action<IDecoder> call) => _calls.Add(call);

    /// <summary>Repeats all calls on a new context of the same shape.</summary>
    /// <returns>The evaluations of the replay, and its total time.</returns>
    public (StepTrace Replayed, Elapsed Time) Replay(ModelFile file, int threads)
    {
        var replayed = new StepTrace();
        using var weights = LlamaWeights.Open(file.Path);
        using var context = replayed.Wrap(LlamaContext.Create(
            weights, file, _shape.Cells, _shape.Sequences, _shape.BatchTokens, threads));
        var clock = Clock.Start();
        foreach (var call in _calls)
            call(context);
        return (replayed, clock.Read());
    }
}
