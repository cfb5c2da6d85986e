using System.Collections.Immutable;
using SPaR.Torch.Losses;
using TorchSharp;

namespace SPaR.Torch.Training;

/// <summary>SFT on conversations.</summary>
internal sealed class SftObjective : IObjective
{
    // Of all targets of the batch.
    private double _weight;

    public void Begin(ImmutableArray<Example> batch) => _weight = batch.Sum(r => r.Sides[0].TargetWeights.Sum());

    public MicroBatchResult Of(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows, ImmutableArray<Example> batch)
    {
        // In the order of the targets: row by row, each from its start.
        var weights = rows.SelectMany(r => r.Sides[0].TargetWeights).ToArray();
        var loss = SftLoss.Of(logProbs.to_type(ScalarType.Float64), tensor(weights, [weights.Length]), _weight);
        return new MicroBatchResult(loss, new Dictionary<string, double> { ["nll_loss"] = loss.detach().ToDouble() });
    }
}
