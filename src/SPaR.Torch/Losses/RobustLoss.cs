namespace SPaR.Torch.Losses;

/// <summary>Provably robust DPO (arXiv 2403.00409), unbiased where a share ε of the preferences is flipped:
/// loss = (−(1 − ε) log σ(βh) + ε log σ(−βh)) / (1 − 2ε).</summary>
internal sealed class RobustLoss(double beta, double labelSmoothing) : IPreferenceLoss
{
    // At h = 0: ((1 − ε) ln 2 − ε ln 2) / (1 − 2ε).
    public double? AtReference => Math.Log(2);

    public Tensor Of(PairLogProbs pairs)
    {
        var margin = pairs.H * beta; // [pairs]
        return (LogSigmoid.Of(margin) * (labelSmoothing - 1) + LogSigmoid.Of(-margin) * labelSmoothing) / (1 - 2 * labelSmoothing);
    }
}
