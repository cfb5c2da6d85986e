using SPaR.Torch.Models;

namespace SPaR.Torch.Optimisers;

/// <summary>Muon (K. Jordan and others, 2024, "Muon: an optimizer for hidden layers in neural networks"): momentum, made
/// orthogonal by a Newton-Schulz iteration. It updates the matrices inside the blocks, each on its own, also where a file stores q, k
/// and v, or gate and up, as one; AdamW updates embedding, head and vectors.</summary>
/// <param name="rowsOfParts">By name and rows of a stored matrix: how many rows each matrix in it has.</param>
/// <param name="ratio">Muon's learning rate divided by AdamW's.</param>
internal sealed class Muon(AdamW rest, double weightDecay, Func<string, long, long[]> rowsOfParts, double ratio = 1) : IOptimiser
{
    private const double Momentum = 0.95, A = 3.4445, B = -4.7750, C = 2.0315, Epsilon = 1e-7;

    private const int Iterations = 5;

    public void Update(
        IReadOnlyDictionary<string, Tensor> weights, Gradients gradients, double clip, IDictionary<string, Tensor> state, double rate,
        long step)
    {
        rest.Update(weights.Where(w => !IsHidden(w.Key, w.Value)).ToDictionary(), gradients, clip, state, rate, step);
        var own = rate * ratio;
        foreach (var (name, weight) in weights.Where(w => IsHidden(w.Key, w.Value)))
        {
            using var scope = NewDisposeScope();
            if (gradients.Of(name) is not { } gradient)
                continue;
            var g = gradient * clip;
            var momentum = state.Of($"momentum/{name}", weight);
            momentum.mul_(Momentum).add_(g);
            if (weightDecay > 0)
                weight.mul_(1 - own * weightDecay);
            var parts = rowsOfParts(name, weight.shape[0]);
            var ahead = (g + momentum * Momentum).split(parts, 0); // Nesterov: one step ahead
            foreach (var (part, direction) in weight.split(parts, 0).Zip(ahead))
                part.add_(Orthogonal(direction), -own * Math.Sqrt(Math.Max(1, (double)part.shape[0] / part.shape[1])));
        }
    }

    /// <summary>Approximates U Vᵀ of the matrix U Σ Vᵀ: the singular values end up between about 0.7 and 1.2.</summary>
    internal static Tensor Orthogonal(Tensor matrix)
    {
        // The iteration works on the smaller Gram matrix.
        var tall = matrix.shape[0] > matrix.shape[1];
        var x = tall ? matrix.transpose(0, 1) : matrix; // [rows, columns], rows ≤ columns
        x = x / ((x * x).sum().sqrt() + Epsilon);
        for (var i = 0; i < Iterations; i++)
        {
            var gram = matmul(x, x.transpose(0, 1)); // [rows, rows]
            x = x * A + matmul(gram * B + matmul(gram, gram) * C, x);
        }
        return tall ? x.transpose(0, 1) : x;
    }

    private static bool IsHidden(string name, Tensor weight) =>
        name.StartsWith("blk.", StringComparison.Ordinal) && weight.shape.Length == 2;
}
