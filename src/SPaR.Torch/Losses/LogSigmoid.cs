namespace SPaR.Torch.Losses;

internal static class LogSigmoid
{
    /// <summary>log σ(x) = −log(e⁰ + e⁻ˣ): does not overflow, and its gradient at 0, where every run starts, is ½.</summary>
    public static Tensor Of(Tensor x) => -logsumexp(stack([zeros_like(x), -x], 0), 0);
}
