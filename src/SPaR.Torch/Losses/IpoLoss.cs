namespace SPaR.Torch.Losses;

/// <summary>Identity preference optimisation (arXiv 2310.12036, equation 17): loss = (h − 1 / (2τ))², τ being our β. As in TRL, and by
/// its account in the paper's own experiments, the log-ratios in h are means over the tokens; otherwise the square grows with the
/// length of the answers.</summary>
internal sealed class IpoLoss(double beta) : IPreferenceLoss
{
    public double? AtReference => Math.Pow(1 / (2 * beta), 2);

    public Tensor Of(PairLogProbs pairs) => (pairs.Chosen.MeanLogRatio - pairs.Rejected.MeanLogRatio - 1 / (2 * beta)).pow(2);
}
