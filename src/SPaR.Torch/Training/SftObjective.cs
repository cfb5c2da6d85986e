using System.Collections.Immutable;
using SPaR.Torch.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

internal sealed class SftObjective : IObjective
{
    public PassResult Of(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows, ImmutableArray<Example> batch)
    {
        // In the order in which the pass predicts: row by row, each from its beginning.
        var weights = rows.SelectMany(r => r.Sides[0].TargetWeights).ToArray();
        var loss = SftLoss.Of(
            logProbs.to_type(ScalarType.Float64), tensor(weights, [weights.Length]), batch.Sum(r => r.Sides[0].TargetWeights.Sum()));
        return new PassResult(loss, new Dictionary<string, double> { ["nll_loss"] = loss.detach().ToDouble() });
    }
}
