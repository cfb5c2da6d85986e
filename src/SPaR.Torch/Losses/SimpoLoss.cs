namespace SPaR.Torch.Losses;

/// <summary>Simple preference optimisation (arXiv 2405.14734, equation 6), without a reference:
/// loss = −log σ(β log π(y_w) / |y_w| − β log π(y_l) / |y_l| − γ).</summary>
internal sealed class SimpoLoss(double beta, double gamma) : IPreferenceLoss
{
    public double? AtReference => null;

    public Tensor Of(PairLogProbs pairs) =>
        -LogSigmoid.Of((pairs.Chosen.MeanLogProb - pairs.Rejected.MeanLogProb) * beta - gamma);
}
