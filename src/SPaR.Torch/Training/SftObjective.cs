using System.Collections.Immutable;
using SPaR.Torch.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

internal sealed class SftObjective : IObjective
{
    public PassResult Of(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows, ImmutableArray<Example> batch)
    {
        var loss = SftLoss.Of(logProbs.to_type(ScalarType.Float64), batch.Sum(r => (long)r.Sides[0].TargetCount));
        return new PassResult(loss, new Dictionary<string, double> { ["nll_loss"] = loss.detach().ToDouble() });
    }
}
