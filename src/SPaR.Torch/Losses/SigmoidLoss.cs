namespace SPaR.Torch.Losses;

/// <summary>Direct preference optimisation (arXiv 2305.18290, equation 7), with label smoothing ε as in "A note on DPO with noisy
/// preferences" (E. Mitchell, 2023): loss = −(1 − ε) log σ(βh) − ε log σ(−βh).</summary>
internal sealed class SigmoidLoss(double beta, double labelSmoothing) : IPreferenceLoss
{
    // At h = 0 both terms are ln 2.
    public double? AtReference => Math.Log(2);

    public Tensor Of(PairLogProbs pairs)
    {
        var margin = pairs.H * beta; // [pairs]
        return LogSigmoid.Of(margin) * (labelSmoothing - 1) - LogSigmoid.Of(-margin) * labelSmoothing;
    }
}
