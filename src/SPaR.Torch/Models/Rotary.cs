namespace SPaR.Torch.Models;

/// <summary>Rotary positions (arXiv 2104.09864) on adjacent pairs, the order of GGUF's <c>llama</c>: the pair (2i, 2i + 1) is a complex
/// number, rotated by its position's angle θ.</summary>
/// <param name="Rotation">[t, 1, w / 2] or [b, t, 1, w / 2], complex: scale e^(iθ); w is the rotated part of a head's width.</param>
/// <param name="Inverse">Of the same shape: scale e^(−iθ).</param>
/// <param name="Scale">Multiplies all numbers of a head.</param>
internal sealed record Rotary(Tensor Rotation, Tensor Inverse, double Scale)
{
    /// <param name="rates">[w / 2], F64: radians per position.</param>
    /// <param name="positionIds">[t] or [b, t], int64.</param>
    /// <param name="type">The type that the pass computes in.</param>
    public static Rotary Of(Tensor rates, Tensor positionIds, double scale, ScalarType type)
    {
        var angles = (positionIds.to_type(ScalarType.Float64).unsqueeze(-1) * rates).unsqueeze(-2);
        var exact = type == ScalarType.Float64 ? type : ScalarType.Float32;
        return new Rotary(At(angles), At(-angles), scale);

        Tensor At(Tensor angle) => (stack([cos(angle), sin(angle)], -1) * scale).to_type(exact).view_as_complex();
    }

    /// <param name="x">[b, t, heads, d]</param>
    public Tensor Forward(Tensor x) => Apply(x, Rotation);

    /// <summary>The gradient of a rotation is the opposite rotation.</summary>
    public Tensor Backward(Tensor dy) => Apply(dy, Inverse);

    private Tensor Apply(Tensor x, Tensor rotation)
    {
        var (head, width) = (x.shape[^1], 2 * rotation.shape[^1]);
        var exact = x.dtype == ScalarType.Float64 ? x : x.to_type(ScalarType.Float32);
        var pairs = exact.narrow(-1, 0, width).reshape([.. x.shape[..^1], width / 2, 2]).view_as_complex();
        var rotated = (pairs * rotation).view_as_real().reshape([.. x.shape[..^1], width]).to_type(x.dtype);
        return width == head ? rotated : cat([rotated, x.narrow(-1, width, head - width) * Scale], -1);
    }
}
