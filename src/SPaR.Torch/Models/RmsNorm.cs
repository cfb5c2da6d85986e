namespace SPaR.Torch.Models;

/// <summary>Root mean square normalisation (arXiv 1910.07467, equation 4): y = x̂ g with x̂ = x / √(mean(x²) + ε). Always computed in
/// full precision.</summary>
internal static class RmsNorm
{
    /// <param name="x">[n, D]</param>
    /// <param name="gain">[D]</param>
    /// <returns>y [n, D], and 1 / √(mean(x²) + ε) [n, 1] for the backward pass.</returns>
    public static (Tensor Y, Tensor Scale) Forward(Tensor x, Tensor gain, double epsilon)
    {
        var exact = Exact(x);
        var scale = rsqrt(exact.norm(-1, keepdim: true).pow(2) / x.shape[1] + epsilon);
        return ((exact * scale).to_type(x.dtype).mul_(gain), scale);
    }

    /// <summary>With u = dy x̂ (element-wise): dx = (dy g − x̂ mean(u g)) / √(mean(x²) + ε), and dg = Σ u.</summary>
    /// <param name="into">[n, D], to which dx is added: the gradient of the residual.</param>
    public static void Backward(Tensor dy, Tensor x, Tensor scale, string name, Tensor gain, Gradients gradients, Tensor into)
    {
        var exact = Exact(gain);
        var normed = Exact(x) * scale; // x̂
        var u = normed * dy;
        if (gradients.Wants(name))
            gradients.Add(name, u.sum([0L]));
        var mean = u.mm(exact.unsqueeze(1)) / -x.shape[1]; // [n, 1]
        var dx = normed.mul_(mean).addcmul_(dy, exact, 1);
        if (into.dtype == dx.dtype)
            into.addcmul_(dx, scale, 1);
        else
            into.add_((dx * scale).to_type(into.dtype));
    }

    private static Tensor Exact(Tensor x) => x.dtype == ScalarType.Float64 ? x : x.to_type(ScalarType.Float32);
}
