using SPaR.Torch.Models;
using TorchSharp;

namespace SPaR.Torch.Optimisers;

/// <summary>The norm of all gradients, concatenated into one vector.</summary>
internal static class GradientNorm
{
    /// <summary>Summed in the order of the weights, slice by slice in F64, so that the same gradients give the same norm.</summary>
    /// <returns>Not finite if a gradient is not.</returns>
    public static double Of(IReadOnlyDictionary<string, Tensor> weights, Gradients gradients)
    {
        var squares = 0.0;
        foreach (var gradient in weights.Keys.Select(gradients.Of).OfType<Tensor>())
            Slices.ForEach([gradient], slice => squares += Math.Pow(slice[0].norm().ToDouble(), 2));
        return Math.Sqrt(squares);
    }

    /// <returns>The factor for the gradients that limits their norm to <paramref name="limit"/>; 1 for a limit of 0.</returns>
    public static double Clip(double norm, double limit) => limit <= 0 || norm <= limit ? 1 : limit / norm;
}
