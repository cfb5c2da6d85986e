namespace SPaR.Torch.Losses;

/// <summary>Direct preference optimisation (arXiv 2305.18290, equation 7) with label smoothing ε as in "A note on DPO with noisy
/// preferences" (E. Mitchell, 2023) and a supervised term. With the paper's π, π_ref, y_w (chosen), y_l (rejected):
/// h = (log π(y_w) − log π_ref(y_w)) − (log π(y_l) − log π_ref(y_l)),
/// loss = −(1 − ε) log σ(βh) − ε log σ(−βh) + w · NLL(y_w).</summary>
internal sealed class DpoLoss(double beta, double labelSmoothing, double sftWeight)
{
    /// <param name="chosen">[pairs], log π(y_w), summed over the answer's tokens.</param>
    /// <param name="rejected">[pairs], log π(y_l), summed over the answer's tokens.</param>
    /// <param name="referenceChosen">[pairs], log π_ref(y_w), without gradient.</param>
    /// <param name="referenceRejected">[pairs], log π_ref(y_l), without gradient.</param>
    /// <param name="chosenNll">[pairs], −log π(y_w), averaged over the answer's tokens.</param>
    public DpoTerms Of(Tensor chosen, Tensor rejected, Tensor referenceChosen, Tensor referenceRejected, Tensor chosenNll)
    {
        var rewardChosen = (chosen - referenceChosen) * beta; // [pairs]
        var rewardRejected = (rejected - referenceRejected) * beta; // [pairs]
        var margin = rewardChosen - rewardRejected; // [pairs], βh
        var preference = LogSigmoid(margin) * (labelSmoothing - 1) - LogSigmoid(-margin) * labelSmoothing; // [pairs]
        return new DpoTerms(preference + chosenNll * sftWeight, preference, rewardChosen.detach(), rewardRejected.detach());
    }

    /// <summary>log σ(x) = −log(e⁰ + e⁻ˣ): does not overflow, and its gradient at 0, where every run starts, is ½.</summary>
    private static Tensor LogSigmoid(Tensor x) => -logsumexp(stack([zeros_like(x), -x], 0), 0);
}

/// <param name="Loss">[pairs], to be averaged and minimised.</param>
/// <param name="Preference">[pairs], without the supervised term: ln 2 before the first step.</param>
/// <param name="RewardChosen">[pairs], β (log π(y_w) − log π_ref(y_w)), without gradient.</param>
/// <param name="RewardRejected">[pairs], β (log π(y_l) − log π_ref(y_l)), without gradient.</param>
internal sealed record DpoTerms(Tensor Loss, Tensor Preference, Tensor RewardChosen, Tensor RewardRejected);
