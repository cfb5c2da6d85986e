using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>What depends on positions only, and the shapes that attention takes for it.</summary>
/// <param name="Query">Turns and scales the queries.</param>
/// <param name="Mask">[1 or b k, group t, t]: 0 where a position may look, −∞ where not.</param>
internal sealed record Positions(long Rows, long Time, Rotary Query, Rotary Key, Tensor Mask)
{
    /// <param name="k">Key-value heads.</param>
    /// <param name="group">Heads that share one.</param>
    public static Tensor MaskOf(Passage passage, long k, long group)
    {
        var t = passage.Time;
        // Above the diagonal lies the future.
        var mask = full([t, t], double.NegativeInfinity, ScalarType.Float32, passage.Place).triu(1).reshape(1, 1, 1, t, t);
        if (passage.Branches is not { } branches)
            return mask.expand([1, 1, group, t, t]).reshape(1, group * t, t);
        var (asks, looked) = (branches.unsqueeze(2), branches.unsqueeze(1));
        var foreign = asks.ne(looked).logical_and(looked.gt(0)).reshape(-1, 1, 1, t, t);
        return mask.masked_fill(foreign, double.NegativeInfinity).expand([passage.Rows, k, group, t, t]).reshape(-1, group * t, t);
    }

    /// <param name="scores">[b k, group t, t]; they are used up.</param>
    /// <returns>How much each position takes of each, in the type of the scores.</returns>
    public Tensor Softmax(Tensor scores)
    {
        var exact = scores.dtype == ScalarType.BFloat16 ? scores.to_type(ScalarType.Float32) : scores;
        return exact.add_(Mask).softmax(-1).to_type(scores.dtype);
    }

    /// <summary>[b k, group t, d] → [b, t, h, d].</summary>
    public Tensor Apart(Tensor heads) => heads.reshape(Rows, -1, Time, heads.shape[2]).transpose(1, 2);

    /// <summary>[b, t, h, d] → [n, h d].</summary>
    public Tensor Join(Tensor apart) => apart.reshape(Rows * Time, -1);
}
