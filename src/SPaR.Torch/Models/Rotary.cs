using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>Rotary positions (arXiv 2104.09864) on adjacent pairs, the order of GGUF's <c>llama</c>: the pair (2i, 2i + 1) is taken for
/// a complex number and turned by its position's angle θ.</summary>
/// <param name="Turn">[t, 1, w / 2] or [b, t, 1, w / 2], complex: scale e^(iθ); w is how many numbers of a head are turned.</param>
/// <param name="Undo">scale e^(−iθ), likewise.</param>
/// <param name="Scale">By which all numbers of a head are multiplied.</param>
internal sealed record Rotary(Tensor Turn, Tensor Undo, double Scale)
{
    /// <param name="rates">[w / 2], F64: radians per position.</param>
    /// <param name="places">[t] or [b, t], int64.</param>
    /// <param name="type">Of the pass.</param>
    public static Rotary Of(Tensor rates, Tensor places, double scale, ScalarType type)
    {
        var angles = (places.to_type(ScalarType.Float64).unsqueeze(-1) * rates).unsqueeze(-2);
        var exact = type == ScalarType.Float64 ? type : ScalarType.Float32;
        return new Rotary(At(angles), At(-angles), scale);

        Tensor At(Tensor angle) => (stack([cos(angle), sin(angle)], -1) * scale).to_type(exact).view_as_complex();
    }

    /// <param name="x">[b, t, heads, d]</param>
    /// <returns>Of the same shape.</returns>
    public Tensor Forward(Tensor x) => Apply(x, Turn);

    /// <summary>The gradient of a rotation is the opposite rotation.</summary>
    public Tensor Back(Tensor dy) => Apply(dy, Undo);

    private Tensor Apply(Tensor x, Tensor turn)
    {
        var (head, width) = (x.shape[^1], 2 * turn.shape[^1]);
        var exact = x.dtype == ScalarType.Float64 ? x : x.to_type(ScalarType.Float32);
        var pairs = exact.narrow(-1, 0, width).reshape([.. x.shape[..^1], width / 2, 2]).view_as_complex();
        var turned = (pairs * turn).view_as_real().reshape([.. x.shape[..^1], width]).to_type(x.dtype);
        return width == head ? turned : cat([turned, x.narrow(-1, width, head - width) * Scale], -1);
    }
}
