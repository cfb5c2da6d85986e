namespace SPaR.Torch.Losses;

/// <summary>Negative log-likelihood of the assistant's tokens, a weighted mean over the target tokens of the whole optimiser batch. So a
/// token counts the same whatever its micro-batch: the losses of micro-batches are summed, not averaged.</summary>
internal static class SftLoss
{
    /// <param name="logProbs">[n], log π of each target token of this micro-batch.</param>
    /// <param name="weights">[n], how much each counts; 1 by default.</param>
    /// <param name="batchWeight">The sum of the weights over the whole optimiser step.</param>
    /// <returns>A scalar, this micro-batch's share of the batch's loss.</returns>
    public static Tensor Of(Tensor logProbs, Tensor weights, double batchWeight) => -(logProbs * weights).sum() / batchWeight;
}
