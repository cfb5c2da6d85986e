namespace SPaR.Torch.Losses;

/// <summary>Length-normalised DPO (Tülu 3, arXiv 2411.15124, section 4.3): DPO whose log-ratios are means over the tokens.
/// loss = −log σ(β (log (π/π_ref)(y_w) / |y_w| − log (π/π_ref)(y_l) / |y_l|)).</summary>
internal sealed class SigmoidNormLoss(double beta) : IPreferenceLoss
{
    public double? AtReference => Math.Log(2);

    public Tensor Of(PairLogProbs pairs) => -LogSigmoid.Of((pairs.Chosen.MeanLogRatio - pairs.Rejected.MeanLogRatio) * beta);
}
