using SPaR.Torch.Families;

namespace SPaR.Torch.Models;

/// <summary>Rotary positions (arXiv 2104.09864): a pair of numbers is a complex number, rotated by its position's angle θ.</summary>
/// <param name="Pairs">Which numbers rotate together.</param>
/// <param name="Rotation">[t, 1, w / 2] or [b, t, 1, w / 2], complex: scale · magnitude · e^(iθ); w is the rotated part of a head's
/// width.</param>
/// <param name="Inverse">Of the same shape, with e^(−iθ).</param>
/// <param name="Scale">Multiplies all numbers of a head, those that do not rotate too.</param>
internal sealed record Rotary(RotaryPairs Pairs, Tensor Rotation, Tensor Inverse, double Scale)
{
    /// <param name="rates">[w / 2], F64: radians per position.</param>
    /// <param name="positionIds">[t] or [b, t], int64.</param>
    /// <param name="magnitude">Multiplies the numbers that rotate.</param>
    /// <param name="type">The type that the pass computes in.</param>
    public static Rotary Of(RotaryPairs pairs, Tensor rates, Tensor positionIds, double scale, double magnitude, ScalarType type)
    {
        var angles = (positionIds.to_type(ScalarType.Float64).unsqueeze(-1) * rates).unsqueeze(-2);
        var exact = type == ScalarType.Float64 ? type : ScalarType.Float32;
        return new Rotary(pairs, At(angles), At(-angles), scale);

        Tensor At(Tensor angle) => (stack([cos(angle), sin(angle)], -1) * (scale * magnitude)).to_type(exact).view_as_complex();
    }

    /// <param name="x">[b, t, heads, d]</param>
    public Tensor Forward(Tensor x) => Apply(x, Rotation);

    /// <summary>The gradient of a rotation is the opposite rotation.</summary>
    public Tensor Backward(Tensor dy) => Apply(dy, Inverse);

    private Tensor Apply(Tensor x, Tensor rotation)
    {
        var (head, width) = (x.shape[^1], 2 * rotation.shape[^1]);
        var exact = x.dtype == ScalarType.Float64 ? x : x.to_type(ScalarType.Float32);
        var rotated = Join(Split(exact.narrow(-1, 0, width)).view_as_complex().mul(rotation).view_as_real()).to_type(x.dtype);
        return width == head ? rotated : cat([rotated, x.narrow(-1, width, head - width) * Scale], -1);
    }

    /// <summary>[…, w] → […, w / 2, 2].</summary>
    private Tensor Split(Tensor x)
    {
        var (outer, half) = (x.shape[..^1], x.shape[^1] / 2);
        return Pairs == RotaryPairs.Adjacent
            ? x.reshape([.. outer, half, 2])
            : x.reshape([.. outer, 2, half]).transpose(-1, -2).contiguous();
    }

    /// <summary>[…, w / 2, 2] → […, w].</summary>
    private Tensor Join(Tensor pairs) =>
        (Pairs == RotaryPairs.Adjacent ? pairs : pairs.transpose(-1, -2)).reshape([.. pairs.shape[..^2], 2 * pairs.shape[^2]]);
}
