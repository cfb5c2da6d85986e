namespace SPaR.Torch.Models;

/// <summary>Root mean square normalisation (arXiv 1910.07467, equation 4): y = x̂ g with x̂ = x / √(mean(x²) + ε). Always computed in
/// full precision.</summary>
internal static class RmsNorm
{
    /// <param name="name">Of the gain g, [D].</param>
    /// <param name="x">[n, D]</param>
    public static Normed Forward(ForwardPass pass, string name, Tensor x, double epsilon)
    {
        var exact = Exact(x);
        var scale = rsqrt(exact.norm(-1, keepdim: true).pow(2) / x.shape[1] + epsilon);
        return new Normed(x, scale, (exact * scale).to_type(x.dtype).mul_(pass.Weight(name)));
    }

    /// <summary>With u = dy x̂ (element-wise): dx = (dy g − x̂ mean(u g)) / √(mean(x²) + ε), and dg = Σ u.</summary>
    /// <param name="into">[n, D], to which dx is added: the gradient of the residual.</param>
    public static void Backward(ForwardPass pass, string name, Normed trace, Tensor dy, Tensor into)
    {
        var exact = Exact(pass.Weight(name));
        var normed = Exact(trace.X) * trace.Scale; // x̂
        var u = normed * dy;
        if (pass.Gradients.Wants(name))
            pass.Gradients.Add(name, u.sum([0L]));
        var mean = u.mm(exact.unsqueeze(1)) / -trace.X.shape[1]; // [n, 1]
        var dx = normed.mul_(mean).addcmul_(dy, exact, 1);
        if (into.dtype == dx.dtype)
            into.addcmul_(dx, trace.Scale, 1);
        else
            into.add_((dx * trace.Scale).to_type(into.dtype));
    }

    private static Tensor Exact(Tensor x) => x.dtype == ScalarType.Float64 ? x : x.to_type(ScalarType.Float32);
}

/// <param name="X">[n, D], the norm's input.</param>
/// <param name="Scale">[n, 1]: 1 / √(mean(x²) + ε).</param>
/// <param name="Y">[n, D], its output.</param>
internal sealed record Normed(Tensor X, Tensor Scale, Tensor Y);
