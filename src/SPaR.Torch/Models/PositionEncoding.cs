namespace SPaR.Torch.Models;

/// <summary>What attention computes from positions alone: rotations and the mask, and the shapes they need.</summary>
/// <param name="Query">Rotates and scales the queries.</param>
/// <param name="Mask">[1 or b k, group t, t]: 0 where a position may look, −∞ elsewhere.</param>
internal sealed record PositionEncoding(long Rows, long Time, Rotary Query, Rotary Key, Tensor Mask)
{
    /// <param name="k">Key-value heads.</param>
    /// <param name="group">Query heads per key-value head.</param>
    /// <param name="window">How many positions one sees, itself and those before it; null: all.</param>
    public static Tensor MaskOf(PackedSequences sequences, long k, long group, int? window)
    {
        var t = sequences.Time;
        // Above the diagonal lies the future.
        var mask = full([t, t], double.NegativeInfinity, ScalarType.Float32, sequences.Device).triu(1).reshape(1, 1, 1, t, t);
        if (sequences.CompletionIds is { } completions)
        {
            var (query, key) = (completions.unsqueeze(2), completions.unsqueeze(1));
            Hide(query.ne(key).logical_and(key.gt(0)));
        }
        if (window is { } last)
        {
            var positions = sequences.PositionIds ?? arange(t, ScalarType.Int64, sequences.Device).unsqueeze(0);
            Hide((positions.unsqueeze(2) - positions.unsqueeze(1)).ge(last));
        }
        // One mask for all heads where it is one for all rows.
        var heads = mask.shape[0] == 1 ? 1 : k;
        return mask.expand([mask.shape[0], heads, group, t, t]).reshape(-1, group * t, t);

        // hidden: [1 or b, t, t]
        void Hide(Tensor hidden) => mask = mask.masked_fill(hidden.reshape(-1, 1, 1, t, t), double.NegativeInfinity);
    }

    /// <param name="scores">[b k, group t, t]; overwritten where that saves a copy.</param>
    /// <returns>The attention weights, in the type of the scores.</returns>
    public Tensor Softmax(Tensor scores)
    {
        var exact = scores.dtype == ScalarType.BFloat16 ? scores.to_type(ScalarType.Float32) : scores;
        return exact.add_(Mask).softmax(-1).to_type(scores.dtype);
    }

    /// <summary>[b k, group t, d] → [b, t, h, d].</summary>
    public Tensor SplitHeads(Tensor grouped) => grouped.reshape(Rows, -1, Time, grouped.shape[2]).transpose(1, 2);

    /// <summary>[b, t, h, d] → [n, h d].</summary>
    public Tensor JoinHeads(Tensor split) => split.reshape(Rows * Time, -1);
}
