using System.Collections.Immutable;
using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>Adds the gradient of a loss by the weights, from the log-probs of what a passage is to predict.</summary>
/// <param name="seed">Of dropout.</param>
internal delegate void Accumulate(Passage passage, Func<Tensor, Tensor> loss, Gradients gradients, long seed);

/// <summary>Makes the gradient of one batch, pass by pass, each pass shared among the workers, and finds the row that spoils it where
/// one does. Knows neither model nor optimiser.</summary>
/// <param name="weights">Those that are trained.</param>
internal sealed class StepRunner(
    IReadOnlyDictionary<string, Tensor> weights, IObjective objective, Accumulate accumulate, Workers workers) : IDisposable
{
    private readonly Gradients[] _gradients = [.. Enumerable.Range(0, workers.Count).Select(_ => new Gradients(weights))];

    /// <summary>Of the batch that was run last.</summary>
    public Gradients Gradients => _gradients[0];

    /// <param name="seed">Of this step's dropout.</param>
    /// <returns>The batch's figures, <c>loss</c> and <c>grad_norm</c> (before clipping) among them; all finite.</returns>
    /// <exception cref="TrainingFailureException">A loss or gradient is not; names the rows that caused it.</exception>
    public Dictionary<string, double> Run(ImmutableArray<Example> batch, int rowsPerPass, long step, long seed)
    {
        var metrics = Accumulate(batch, rowsPerPass, batch, seed);
        metrics["grad_norm"] = GradientNorm.Of(weights, Gradients);
        var spoilt = metrics.FirstOrDefault(f => !double.IsFinite(f.Value));
        return spoilt.Key is null ? metrics : throw Blame(batch, step, seed, spoilt.Key, spoilt.Value);
    }

    public void Dispose()
    {
        foreach (var gradients in _gradients)
            gradients.Dispose();
    }

    private Dictionary<string, double> Accumulate(
        ImmutableArray<Example> rows, int rowsPerPass, ImmutableArray<Example> batch, long seed)
    {
        var passes = BatchPlan.Passes(rows, rowsPerPass).ToArray();
        var shares = new Dictionary<string, double>[workers.Count];
        workers.Run(worker =>
        {
            _gradients[worker].Clear();
            var metrics = shares[worker] = [];
            foreach (var (index, pass) in passes.Index())
            {
                // Every n-th row: rows are sorted by length, so that the shares are alike.
                ImmutableArray<Example> share = [.. pass.Where((_, row) => row % workers.Count == worker)];
                if (!share.IsEmpty)
                    Accumulate(share, batch, _gradients[worker], metrics, seed + index * workers.Count + worker);
            }
        });
        // In the order of the workers: the same sums whoever was first.
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
        accumulate(tokens.Passage, logProbs =>
        {
            var result = objective.Of(logProbs, tokens, rows, batch);
            foreach (var (name, value) in result.Figures.Append(new("loss", result.Loss.detach().ToDouble())))
                metrics[name] = metrics.GetValueOrDefault(name) + value;
            return result.Loss;
        }, gradients, seed);
    }

    /// <summary>Goes through the batch again, row by row, with the weights as they were.</summary>
    private TrainingFailureException Blame(ImmutableArray<Example> batch, long step, long seed, string figure, double value)
    {
        var guilty = batch.Where(row =>
        {
            var alone = Accumulate([row], 1, batch, seed);
            return alone.Values.Append(GradientNorm.Of(weights, Gradients)).Any(v => !double.IsFinite(v));
        }).Select(r => r.Id).ToArray();
        var cause = guilty.Length == 0 ? "no single row does it alone, so the weights are at their limit: lower learning_rate"
            : guilty.Length == batch.Length ? "every row of the batch does it, so the weights are damaged: lower learning_rate, or use f32"
            : $"the cause is {(guilty.Length == 1 ? "row" : "rows")} {string.Join(", ", guilty)}: look at it, or leave it out";
        return new TrainingFailureException(FailureCode.NotFinite,
            $"In step {step} {figure} became {value}; {cause}. The last checkpoint is from before.", guilty.FirstOrDefault());
    }
}
