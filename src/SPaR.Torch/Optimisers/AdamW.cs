using static TorchSharp.torch;

namespace SPaR.Torch.Optimisers;

/// <summary>Adam with decoupled weight decay (arXiv 1711.05101, algorithm 2), with the paper's names:
/// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η(m̂ / (√v̂ + ε) + λθ), with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
/// Vectors (the gains of the norms) do not decay.</summary>
internal sealed class AdamW(double beta1, double beta2, double weightDecay) : IOptimiser
{
    private const double Epsilon = 1e-8;

    public void Update(IReadOnlyDictionary<string, Tensor> weights, IDictionary<string, Tensor> state, double rate, long step)
    {
        foreach (var (name, weight) in weights)
        {
            using var scope = NewDisposeScope();
            if (weight.grad is not { } g)
                continue;
            var m = state.Of($"m/{name}", weight);
            var v = state.Of($"v/{name}", weight);
            m.mul_(beta1).add_(g, 1 - beta1);
            v.mul_(beta2).addcmul_(g, g, 1 - beta2);
            var root = v.sqrt().mul_(1 / Math.Sqrt(1 - Math.Pow(beta2, step))).add_(Epsilon); // √v̂ + ε
            if (weightDecay > 0 && weight.shape.Length >= 2)
                weight.mul_(1 - rate * weightDecay);
            weight.addcdiv_(m, root, -rate / (1 - Math.Pow(beta1, step)));
        }
    }
}
