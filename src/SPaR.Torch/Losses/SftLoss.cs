using static TorchSharp.torch;

namespace SPaR.Torch.Losses;

/// <summary>Negative log-likelihood of the assistant's tokens. It is averaged by weight over the target tokens of the whole optimiser
/// batch, so that a token counts the same in whatever pass it is computed: passes are added up, not averaged.</summary>
internal static class SftLoss
{
    /// <param name="logProbs">[n], log π of each target token of this pass.</param>
    /// <param name="weights">[n], how much each counts; 1 where a row says nothing else.</param>
    /// <param name="batchWeight">The sum of the weights of all passes of the optimiser step.</param>
    /// <returns>A scalar, this pass's share of the batch's loss.</returns>
    public static Tensor Of(Tensor logProbs, Tensor weights, double batchWeight) => -(logProbs * weights).sum() / batchWeight;
}
