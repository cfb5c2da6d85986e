using SPaR.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch.Optimisers;

/// <summary>The norm of all gradients taken as one vector.</summary>
internal static class GradientNorm
{
    /// <summary>Summed in the order of the weights, slice by slice in F64: the same numbers give the same norm.</summary>
    /// <returns>Not finite when a gradient is not.</returns>
    public static double Of(IReadOnlyDictionary<string, Tensor> weights, Gradients gradients)
    {
        var squares = 0.0;
        foreach (var gradient in weights.Keys.Select(gradients.Of).OfType<Tensor>())
            Slices.ForEach([gradient], slice => squares += Math.Pow(slice[0].norm().ToDouble(), 2));
        return Math.Sqrt(squares);
    }

    /// <returns>What the gradients are to be multiplied with so that their norm is at most <paramref name="limit"/>; a limit of 0
    /// leaves them alone.</returns>
    public static double Clip(double norm, double limit) => limit <= 0 || norm <= limit ? 1 : limit / norm;
}
