namespace SPaR.Torch.Losses;

/// <summary>Kahneman-Tversky optimisation (arXiv 2402.01306, equation 8), the chosen side being desirable and the rejected one
/// undesirable. With r = log π(y) − log π_ref(y), the reference point z₀ and the paper's weights λ_D, λ_U:
/// loss = ½ (λ_D (1 − σ(β (r_w − z₀))) + λ_U (1 − σ(β (z₀ − r_l)))), the mean over the pair's two answers.</summary>
internal sealed class KtoLoss(double beta, double desirable, double undesirable) : IPreferenceLoss
{
    // r and z₀ are 0.
    public double? AtReference => (desirable + undesirable) / 4;

    public bool UsesKl => true;

    public Tensor Of(PairLogProbs pairs)
    {
        var chosen = 1 - ((pairs.Chosen.LogRatio - pairs.Kl) * beta).sigmoid(); // [pairs]
        var rejected = 1 - ((pairs.Kl - pairs.Rejected.LogRatio) * beta).sigmoid(); // [pairs]
        return (chosen * desirable + rejected * undesirable) / 2;
    }
}
