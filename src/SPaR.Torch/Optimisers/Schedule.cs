namespace SPaR.Torch.Optimisers;

/// <summary>The learning rate as a function of the step. It rises linearly over the warm-up, peaks in the step after it, and then falls to
/// 0 linearly, along half a cosine, or not at all. <c>warmup_stable_decay</c> (arXiv 2404.06395) stays at the peak and falls
/// linearly over the last <see cref="Decay"/> of all steps, not below <see cref="Floor"/>. The first step's rate is above 0.</summary>
internal static class Schedule
{
    public static readonly IReadOnlyList<string> Names = ["linear", "cosine", "constant_with_warmup", "warmup_stable_decay"];

    private const double Decay = 0.3, Floor = 0.02;

    /// <param name="warmup">Share of the steps, 0 to 1, rounded up to whole steps.</param>
    /// <param name="step">From 0 to <paramref name="steps"/> − 1.</param>
    public static double Rate(string name, double peak, double warmup, long step, long steps)
    {
        var rising = (long)Math.Ceiling(warmup * steps);
        if (step < rising)
            return peak * (step + 1) / rising;
        var done = (double)(step - rising) / Math.Max(1, steps - rising); // 0 to below 1
        return name switch
        {
            "linear" => peak * (1 - done),
            "cosine" => peak * 0.5 * (1 + Math.Cos(Math.PI * done)),
            "constant_with_warmup" => peak,
            "warmup_stable_decay" => peak * Math.Clamp((steps - step) / (Decay * steps), Floor, 1),
            _ => throw new ArgumentException($"Unknown schedule '{name}'; use one of {string.Join(", ", Names)}.", nameof(name)),
        };
    }
}
