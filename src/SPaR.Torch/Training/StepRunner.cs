using System.Collections.Immutable;
using SPaR.Torch.Optimisers;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>Puts the gradient of one batch into the weights, pass by pass, and finds the row that spoils it where one does. Knows
/// neither model nor optimiser.</summary>
/// <param name="accumulate">Forward pass of the tokens, the loss of their log-probs, backward pass, adding to the gradients.</param>
internal sealed class StepRunner(
    IReadOnlyDictionary<string, Tensor> weights, IObjective objective, Action<Tensor, Func<Tensor, Tensor>> accumulate)
{
    /// <returns>The batch's figures, <c>loss</c> and <c>grad_norm</c> (before clipping) among them; all finite.</returns>
    /// <exception cref="TrainingFailureException">A loss or gradient is not; names the rows that caused it.</exception>
    public Dictionary<string, double> Run(ImmutableArray<Example> batch, int rowsPerPass, long step)
    {
        var figures = Accumulate(batch, rowsPerPass, batch);
        figures["grad_norm"] = GradientNorm.Of(weights);
        var spoilt = figures.FirstOrDefault(f => !double.IsFinite(f.Value));
        return spoilt.Key is null ? figures : throw Blame(batch, step, spoilt.Key, spoilt.Value);
    }

    public void ClearGradients()
    {
        foreach (var weight in weights.Values)
            weight.grad = null;
    }

    private Dictionary<string, double> Accumulate(ImmutableArray<Example> rows, int rowsPerPass, ImmutableArray<Example> batch)
    {
        ClearGradients();
        var figures = new Dictionary<string, double> { ["loss"] = 0 };
        foreach (var pass in BatchPlan.Passes(rows, rowsPerPass))
        {
            using var scope = NewDisposeScope();
            var tokens = TokenBatch.Of(pass);
            accumulate(tokens.Tokens, logProbs =>
            {
                var result = objective.Of(logProbs, tokens, pass, batch);
                figures["loss"] += result.Loss.detach().ToDouble();
                foreach (var (name, value) in result.Figures)
                    figures[name] = figures.GetValueOrDefault(name) + value;
                return result.Loss;
            });
        }
        return figures;
    }

    /// <summary>Goes through the batch again, row by row, with the weights as they were.</summary>
    private TrainingFailureException Blame(ImmutableArray<Example> batch, long step, string figure, double value)
    {
        var guilty = batch.Where(row =>
        {
            var alone = Accumulate([row], 1, batch);
            return alone.Values.Append(GradientNorm.Of(weights)).Any(v => !double.IsFinite(v));
        }).Select(r => r.Id).ToArray();
        ClearGradients();
        var cause = guilty.Length == 0 ? "no single row does it alone, so the weights are at their limit: lower learning_rate"
            : guilty.Length == batch.Length ? "every row of the batch does it, so the weights are damaged: lower learning_rate, or use f32"
            : $"the cause is {(guilty.Length == 1 ? "row" : "rows")} {string.Join(", ", guilty)}: look at it, or leave it out";
        return new TrainingFailureException(FailureCode.NotFinite,
            $"In step {step} {figure} became {value}; {cause}. The last checkpoint is from before.", guilty.FirstOrDefault());
    }
}
