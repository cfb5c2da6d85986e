namespace SPaR.Torch.Losses;

/// <summary>The odds ratio of ORPO (arXiv 2403.07691, equation 7), without a reference, times the paper's λ, which is our β:
/// loss = −λ log σ(log odds(y_w) − log odds(y_l)), odds(y) = P / (1 − P), log P = log π(y) / |y|. The paper adds the NLL of the chosen
/// side (equation 6): the SFT term with weight 1.</summary>
internal sealed class OrpoLoss(double beta) : IPreferenceLoss
{
    public double? AtReference => null;

    public Tensor Of(PairLogProbs pairs) => LogSigmoid.Of(LogOdds(pairs.Chosen) - LogOdds(pairs.Rejected)) * -beta;

    /// <summary>log P − log(1 − P). An answer that is certain after rounding would have infinite odds, hence the limit.</summary>
    private static Tensor LogOdds(SideLogProbs side)
    {
        var logProb = side.MeanLogProb.clamp(max: -1e-9); // [pairs]
        return logProb - (-logProb.expm1()).log();
    }
}
