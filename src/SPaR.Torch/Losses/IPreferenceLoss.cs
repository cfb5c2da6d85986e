namespace SPaR.Torch.Losses;

/// <summary>A preference loss: one formula over the log-probabilities of pairs. Knows neither tokens nor models.</summary>
internal interface IPreferenceLoss
{
    /// <summary>The loss of every pair while the policy is its reference, as before the first step. Null if the formula has no
    /// reference.</summary>
    double? AtReference { get; }

    bool UsesReference => AtReference is not null;

    /// <summary>Whether the formula reads <see cref="PairLogProbs.Kl"/>.</summary>
    bool UsesKl => false;

    /// <returns>[pairs], to be averaged and minimised.</returns>
    Tensor Of(PairLogProbs pairs);
}

/// <summary>What the formulas are made of. With the papers' π, π_ref, y_w (chosen) and y_l (rejected).</summary>
/// <param name="Kl">KTO's z₀, an estimate of KL(π ‖ π_ref), at least 0.</param>
internal sealed record PairLogProbs(SideLogProbs Chosen, SideLogProbs Rejected, double Kl = 0)
{
    /// <summary>[pairs], h = (log π(y_w) − log π_ref(y_w)) − (log π(y_l) − log π_ref(y_l)).</summary>
    public Tensor H => Chosen.LogRatio - Rejected.LogRatio;
}

/// <param name="LogProb">[pairs], log π(y), summed over the answer's tokens.</param>
/// <param name="Reference">[pairs], log π_ref(y), without gradient. Null if the loss has no reference.</param>
/// <param name="Tokens">[pairs], |y|.</param>
internal sealed record SideLogProbs(Tensor LogProb, Tensor? Reference, Tensor Tokens)
{
    /// <summary>[pairs], log π(y) − log π_ref(y).</summary>
    public Tensor LogRatio => LogProb - (Reference ?? throw new InvalidOperationException("This loss was given no reference."));

    /// <summary>[pairs], the log-ratio per token.</summary>
    public Tensor MeanLogRatio => LogRatio / Tokens;

    /// <summary>[pairs], log π(y) per token.</summary>
    public Tensor MeanLogProb => LogProb / Tokens;
}
