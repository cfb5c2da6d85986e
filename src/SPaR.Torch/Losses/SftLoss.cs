using static TorchSharp.torch;

namespace SPaR.Torch.Losses;

/// <summary>Negative log-likelihood of the assistant's tokens. It is averaged over the target tokens of the whole optimiser batch,
/// so that a token counts the same in whatever pass it is computed: passes are added up, not averaged.</summary>
internal static class SftLoss
{
    /// <param name="logProbs">[rows, time], log π of each token.</param>
    /// <param name="mask">[rows, time], 1 where the token is a target, else 0.</param>
    /// <param name="batchTargets">Target tokens of all passes of the optimiser step.</param>
    /// <returns>A scalar, this pass's share of the batch's loss.</returns>
    public static Tensor Of(Tensor logProbs, Tensor mask, long batchTargets) => -(logProbs * mask).sum() / batchTargets;
}
