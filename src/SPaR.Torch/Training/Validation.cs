using System.Collections.Immutable;
using SPaR.Torch.Models;
using TorchSharp;

namespace SPaR.Torch.Training;

/// <summary>Evaluates the held-out rows at the steps that the options name, and remembers the best evaluation. Changes no weight and draws
/// no random number: the training steps are those of a run without it.</summary>
/// <param name="rows">The held-out rows, at least one.</param>
/// <param name="objective">Of the held-out rows.</param>
/// <param name="logProbs">The policy's, without dropout.</param>
internal sealed class Validation(
    TrainingOptions options, ImmutableArray<Example> rows, IObjective objective, Func<PackedSequences, Tensor> logProbs, Workers workers,
    long stepsPerEpoch, long steps)
{
    public const string Prefix = "eval_";

    // Rows of similar length together, so that little is padded.
    private readonly ImmutableArray<Example>[] _microBatches =
        [.. BatchPlan.MicroBatches([.. rows.OrderByDescending(r => r.Tokens)], options.MicroBatchSize)];

    /// <summary>Null before the first evaluation.</summary>
    public BestEvaluation? Best { get; private set; }

    /// <summary>Whether the last evaluations were so long without an improvement that the training stops.</summary>
    public bool IsOver => options.EarlyStoppingPatience is { } patience && Best?.WithoutImprovement >= patience;

    public void Restore(BestEvaluation? best) => Best = best;

    public bool IsDue(long step) => step == steps || step % (options.EvalSteps ?? stepsPerEpoch) == 0;

    /// <returns>The metrics of all held-out rows, under TRL's names.</returns>
    /// <exception cref="TrainingFailureException">One of them is not finite.</exception>
    public Dictionary<string, double> Run(long step)
    {
        var metrics = Evaluate();
        var broken = metrics.FirstOrDefault(m => !double.IsFinite(m.Value));
        if (broken.Key is not null)
            throw new TrainingFailureException(FailureCode.NotFinite,
                $"After step {step}, {broken.Key} of the held-out rows became {broken.Value}: the weights are at their limit. Lower "
                + "learning_rate.");
        Best = BestEvaluation.After(
            Best, step, metrics[options.MetricForBestModel], TrainingOptions.IsGreaterBetter(options.MetricForBestModel),
            options.EarlyStoppingThreshold);
        metrics["best_step"] = Best.Step;
        metrics["best_metric"] = Best.Metric;
        return metrics;
    }

    private Dictionary<string, double> Evaluate()
    {
        objective.Begin(rows);
        var shares = new Dictionary<string, double>[workers.Count];
        workers.Run(worker =>
        {
            var sums = shares[worker] = [];
            foreach (var micro in _microBatches)
            {
                ImmutableArray<Example> share = [.. micro.Where((_, row) => row % workers.Count == worker)];
                if (!share.IsEmpty)
                    Add(share, sums);
            }
        });
        // In the order of the workers, so that sums do not depend on who finished first.
        var metrics = new Dictionary<string, double>();
        foreach (var (name, value) in shares.SelectMany(s => s))
            metrics[Prefix + name] = metrics.GetValueOrDefault(Prefix + name) + value;
        return metrics;
    }

    private void Add(ImmutableArray<Example> share, Dictionary<string, double> sums)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var tokens = TokenBatch.Of(share);
        var result = objective.Of(logProbs(tokens.Sequences), tokens, share, rows);
        foreach (var (name, value) in result.Metrics.Append(new("loss", result.Loss.ToDouble())))
            sums[name] = sums.GetValueOrDefault(name) + value;
    }
}
