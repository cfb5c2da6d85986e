using SPaR.Torch.Models;

namespace SPaR.Torch.Optimisers;

/// <summary>Adam with decoupled weight decay (arXiv 1711.05101, algorithm 2), with the paper's names:
/// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η(m̂ / (√v̂ + ε) + λθ), with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
/// Vectors (the gains of the norms) are not decayed.</summary>
internal sealed class AdamW(double beta1, double beta2, double weightDecay) : IOptimiser
{
    private const double Epsilon = 1e-8;

    public void Update(
        IReadOnlyDictionary<string, Tensor> weights, Gradients gradients, double clip, IDictionary<string, Tensor> state, double rate,
        long step)
    {
        foreach (var (name, weight) in weights)
        {
            if (gradients.Of(name) is not { } gradient)
                continue;
            var formula = For(weight, clip, rate, step);
            Slices.ForEach([weight, gradient, state.Of($"m/{name}", weight), state.Of($"v/{name}", weight)],
                slices => formula(slices[0], slices[1], slices[2], slices[3]));
        }
    }

    /// <returns>The update of a weight θ, or of a slice of it, by its gradient g; changes θ, m and v.</returns>
    public Action<Tensor, Tensor, Tensor, Tensor> For(Tensor weight, double clip, double rate, long step)
    {
        var (rootScale, meanScale) = (1 / Math.Sqrt(1 - Math.Pow(beta2, step)), 1 / (1 - Math.Pow(beta1, step)));
        var decay = weightDecay > 0 && weight.shape.Length >= 2 ? 1 - rate * weightDecay : 1;
        return (θ, g, m, v) =>
        {
            m.mul_(beta1).add_(g, (1 - beta1) * clip);
            v.mul_(beta2).addcmul_(g, g, (1 - beta2) * clip * clip);
            if (decay < 1)
                θ.mul_(decay);
            θ.addcdiv_(m, v.sqrt().mul_(rootScale).add_(Epsilon), -rate * meanScale); // − η m̂ / (√v̂ + ε)
        };
    }
}
