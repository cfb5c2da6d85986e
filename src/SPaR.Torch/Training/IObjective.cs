using System.Collections.Immutable;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>What a step minimises. A step's loss and figures are the sums over its passes of what the objective returns for each.</summary>
internal interface IObjective
{
    /// <param name="logProbs">[n], of each target of the pass.</param>
    /// <param name="batch">All rows of the optimiser step, which the pass's rows are a part of.</param>
    PassResult Of(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows, ImmutableArray<Example> batch);
}

/// <param name="Loss">A scalar: the pass's share of the step's loss.</param>
/// <param name="Figures">The pass's share of each metric, by TRL's name.</param>
internal sealed record PassResult(Tensor Loss, IReadOnlyDictionary<string, double> Figures);
