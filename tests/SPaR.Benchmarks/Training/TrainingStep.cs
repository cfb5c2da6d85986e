using System.Collections.Immutable;
using SPaR.Torch.Losses;
using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Benchmarks.Training;

/// <summary>Whole optimiser steps as the trainer runs them: batch, micro-batches, gradient, norm, clipping, update.</summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly LanguageModel _model;
    private readonly ImmutableArray<Example> _rows;
    private readonly Workers _workers;
    private readonly StepRunner _runner;
    private readonly AdamW _optimiser = new(0.9, 0.999, 0);
    private readonly Dictionary<string, Tensor> _state = [];
    private long _step;

    private TrainingStep(
        string gguf, ImmutableArray<Example> rows, IObjective objective, int threads, LoraOptions? lora = null, bool checkpointing = false)
    {
        (_rows, _workers) = (rows, new Workers(threads));
        _model = LanguageModel.Load(gguf, "f32", lora, 1);
        _runner = new StepRunner(_model.Trainable, objective,
            (sequences, loss, gradients, seed) => _model.Accumulate(sequences, loss, gradients, checkpointing, seed), _workers);
    }

    public long Tokens => _rows.Sum(r => r.Tokens);

    /// <summary>Every token of each row but the first is a target.</summary>
    public static TrainingStep Sft(
        string gguf, RandomLlama shape, int rows, int time, int threads = 1, LoraOptions? lora = null, bool checkpointing = false)
    {
        var random = new Random(2);
        return new(gguf,
            [.. Enumerable.Range(0, rows)
                .Select(i => new Example($"{i}", [TokenSequence.Of(Draw(random, shape, 1), Draw(random, shape, time - 1))]))],
            new SftObjective(), threads, lora, checkpointing);
    }

    /// <summary>A third of a pair's tokens is the prompt, a third the chosen and a third the rejected answer. The reference is a
    /// constant.</summary>
    /// <param name="time">Tokens of a pair, its prompt counted once.</param>
    /// <param name="common">How many tokens both answers begin with.</param>
    public static TrainingStep Dpo(string gguf, RandomLlama shape, int rows, int time, int common = 0)
    {
        var random = new Random(3);
        var prompt = time / 3;
        var pairs = Enumerable.Range(0, rows).Select(i =>
        {
            var (shared, beginning) = (Draw(random, shape, prompt), Draw(random, shape, common));
            var chosen = (time - prompt) / 2;
            return new Example($"{i}",
            [
                TokenSequence.Of(shared, [.. beginning, .. Draw(random, shape, chosen - common)]),
                TokenSequence.Of(shared, [.. beginning, .. Draw(random, shape, time - prompt - chosen - common)]),
            ]);
        });
        return new(gguf, [.. pairs], new PreferenceObjective(new SigmoidLoss(0.1, 0), 0.1, 0.1, _ => new ReferencePair(-100, -100)), 1);
    }

    public void Run()
    {
        using var scope = NewDisposeScope();
        var metrics = _runner.Run(_rows, _rows.Length, ++_step, _step);
        using var frozen = no_grad();
        set_num_threads(_workers.Count);
        _optimiser.Update(_model.Trainable, _runner.Gradients, GradientNorm.Clip(metrics["grad_norm"], 1), _state, 1e-5, _step);
        set_num_threads(1);
    }

    public void Dispose()
    {
        foreach (var tensor in _state.Values)
            tensor.Dispose();
        _runner.Dispose();
        _workers.Dispose();
        _model.Dispose();
    }

    private static ImmutableArray<int> Draw(Random random, RandomLlama shape, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(shape.Vocabulary))];
}
