namespace SPaR.Torch.Losses;

/// <summary>Anchored preference optimisation, APO-zero (arXiv 2408.06266, equation 7): makes the chosen side likelier and the rejected
/// one less likely, each on its own. With r = β (log π(y) − log π_ref(y)): loss = 1 − σ(r_w) + σ(r_l).</summary>
internal sealed class ApoZeroLoss(double beta) : IPreferenceLoss
{
    public double? AtReference => 1;

    public Tensor Of(PairLogProbs pairs) =>
        1 - (pairs.Chosen.LogRatio * beta).sigmoid() + (pairs.Rejected.LogRatio * beta).sigmoid();
}
