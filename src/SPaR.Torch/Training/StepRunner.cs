using System.Collections.Immutable;
using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;
using TorchSharp;

namespace SPaR.Torch.Training;

/// <summary>Adds the gradient of a loss with respect to the weights. The loss takes the log-probabilities of the targets.</summary>
/// <param name="seed">Of dropout.</param>
internal delegate void Accumulate(PackedSequences sequences, Func<Tensor, Tensor> loss, Gradients gradients, long seed);

/// <summary>Computes the gradient of one batch, micro-batch by micro-batch, each shared among the workers. If it is not finite, finds the
/// rows at fault. Knows neither model nor optimiser.</summary>
/// <param name="weights">Those that are trained.</param>
internal sealed class StepRunner(
    IReadOnlyDictionary<string, Tensor> weights, IObjective objective, Accumulate accumulate, Workers workers) : IDisposable
{
    private readonly Gradients[] _gradients = [.. Enumerable.Range(0, workers.Count).Select(_ => new Gradients(weights))];

    /// <summary>Of the last batch.</summary>
    public Gradients Gradients => _gradients[0];

    /// <param name="microBatch">Rows per forward pass.</param>
    /// <param name="seed">Of this step's dropout.</param>
    /// <returns>The batch's metrics with <c>loss</c> and <c>grad_norm</c> (before clipping); all finite.</returns>
    /// <exception cref="TrainingFailureException">A loss or gradient is not finite; names the rows that caused it.</exception>
    public Dictionary<string, double> Run(ImmutableArray<Example> batch, int microBatch, long step, long seed)
    {
        objective.Begin(batch);
        var metrics = Accumulate(batch, microBatch, batch, seed);
        metrics["grad_norm"] = GradientNorm.Of(weights, Gradients);
        var broken = metrics.FirstOrDefault(m => !double.IsFinite(m.Value));
        return broken.Key is null ? metrics : throw NotFinite(batch, step, seed, broken.Key, broken.Value);
    }

    public void Dispose()
    {
        foreach (var gradients in _gradients)
            gradients.Dispose();
    }

    private Dictionary<string, double> Accumulate(
        ImmutableArray<Example> rows, int microBatch, ImmutableArray<Example> batch, long seed)
    {
        var microBatches = BatchPlan.MicroBatches(rows, microBatch).ToArray();
        var shares = new Dictionary<string, double>[workers.Count];
        workers.Run(worker =>
        {
            _gradients[worker].Clear();
            var metrics = shares[worker] = [];
            foreach (var (index, micro) in microBatches.Index())
            {
                // Every n-th row: rows are sorted by length, so the shares cost about the same.
                ImmutableArray<Example> share = [.. micro.Where((_, row) => row % workers.Count == worker)];
                if (!share.IsEmpty)
                    Accumulate(share, batch, _gradients[worker], metrics, seed + index * workers.Count + worker);
            }
        });
        // In the order of the workers, so that sums do not depend on who finished first.
        foreach (var gradients in _gradients.Skip(1))
            Gradients.AddAll(gradients);
        var sums = new Dictionary<string, double> { ["loss"] = 0 };
        foreach (var (name, value) in shares.SelectMany(s => s))
            sums[name] = sums.GetValueOrDefault(name) + value;
        return sums;
    }

    private void Accumulate(
        ImmutableArray<Example> rows, ImmutableArray<Example> batch, Gradients gradients, Dictionary<string, double> metrics, long seed)
    {
        using var scope = NewDisposeScope();
        var tokens = TokenBatch.Of(rows);
        accumulate(tokens.Sequences, logProbs =>
        {
            var result = objective.Of(logProbs, tokens, rows, batch);
            foreach (var (name, value) in result.Metrics.Append(new("loss", result.Loss.detach().ToDouble())))
                metrics[name] = metrics.GetValueOrDefault(name) + value;
            return result.Loss;
        }, gradients, seed);
    }

    /// <summary>Finds the rows at fault by running the batch again row by row, with unchanged weights.</summary>
    private TrainingFailureException NotFinite(ImmutableArray<Example> batch, long step, long seed, string metric, double value)
    {
        var faulty = batch.Where(row =>
        {
            var alone = Accumulate([row], 1, batch, seed);
            return alone.Values.Append(GradientNorm.Of(weights, Gradients)).Any(v => !double.IsFinite(v));
        }).Select(r => r.Id).ToArray();
        var cause = faulty.Length == 0 ? "no single row causes it, so the weights are at their limit: lower learning_rate"
            : faulty.Length == batch.Length ? "every row of the batch causes it, so the weights are damaged: lower learning_rate or use f32"
            : $"the cause is {(faulty.Length == 1 ? "row" : "rows")} {string.Join(", ", faulty)}: correct or remove it";
        return new TrainingFailureException(FailureCode.NotFinite,
            $"In step {step} {metric} became {value}; {cause}. The last checkpoint is from an earlier step.", faulty.FirstOrDefault());
    }
}
