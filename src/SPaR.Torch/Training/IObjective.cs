using System.Collections.Immutable;

namespace SPaR.Torch.Training;

/// <summary>What a step minimises. A step's loss and metrics are the sums over its micro-batches.</summary>
internal interface IObjective
{
    /// <summary>Called before the micro-batches of a step, with the step's rows and weights.</summary>
    void Begin(ImmutableArray<Example> batch)
    {
    }

    /// <param name="logProbs">[n], of each target of the micro-batch.</param>
    /// <param name="rows">The rows of the micro-batch.</param>
    /// <param name="batch">All rows of the optimiser step.</param>
    MicroBatchResult Of(Tensor logProbs, TokenBatch tokens, ImmutableArray<Example> rows, ImmutableArray<Example> batch);
}

/// <param name="Loss">A scalar: the micro-batch's share of the step's loss.</param>
/// <param name="Metrics">The micro-batch's share of each metric, by TRL's name.</param>
internal sealed record MicroBatchResult(Tensor Loss, IReadOnlyDictionary<string, double> Metrics);
