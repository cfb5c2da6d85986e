using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch.Optimisers;

/// <summary>The norm of all gradients taken as one vector.</summary>
internal static class GradientNorm
{
    /// <summary>Summed in the order of the dictionary: the same numbers give the same norm.</summary>
    /// <returns>Not finite when a gradient is not.</returns>
    public static double Of(IReadOnlyDictionary<string, Tensor> weights)
    {
        using var scope = NewDisposeScope();
        var squares = weights.Values.Select(w => w.grad).OfType<Tensor>().Select(g => (g * g).sum().to_type(ScalarType.Float64)).ToArray();
        return squares.Length == 0 ? 0 : stack(squares, 0).sum().sqrt().ToDouble();
    }

    /// <summary>Scales the gradients so that their norm is at most <paramref name="limit"/>; 0 leaves them alone.</summary>
    public static void Clip(IReadOnlyDictionary<string, Tensor> weights, double norm, double limit)
    {
        if (limit <= 0 || norm <= limit)
            return;
        foreach (var weight in weights.Values)
        {
            using var scope = NewDisposeScope();
            weight.grad?.mul_(limit / norm);
        }
    }
}
