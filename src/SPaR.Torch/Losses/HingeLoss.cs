namespace SPaR.Torch.Losses;

/// <summary>The hinge loss of SLiC-HF (arXiv 2305.10425) on DPO's rewards: loss = max(0, 1 − βh). 1 / β is the paper's
/// δ.</summary>
internal sealed class HingeLoss(double beta) : IPreferenceLoss
{
    public double? AtReference => 1;

    public Tensor Of(PairLogProbs pairs) => (1 - pairs.H * beta).clamp(min: 0);
}
