using System.Numerics.Tensors;

namespace SPaR.Llama.Sampling;

/// <summary>A weight for each token, and the mass of those that may be drawn. Sums floats within a block and doubles across blocks, so that
/// sums are accurate to about seven digits at any size. Knows neither temperature nor filters.</summary>
internal sealed class TokenWeights(int vocabulary)
{
    private const int Block = 1024;

    // Whole blocks: entries beyond the vocabulary are 0.
    private readonly float[] _values = new float[(vocabulary + Block - 1) / Block * Block];

    // By block, the mass that may be drawn.
    private readonly double[] _sums = new double[(vocabulary + Block - 1) / Block];

    private readonly float[] _candidates = new float[Block];

    /// <summary>[vocabulary] The greatest is 1.</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, vocabulary);

    /// <summary>The total weight of the tokens that may be drawn.</summary>
    public double Mass { get; private set; }

    /// <summary>Sets the weights to exp((logit - greatest) · scale). All tokens may be drawn.</summary>
    public void Fill(ReadOnlySpan<float> logits, float greatest, float scale)
    {
        Mass = 0;
        for (var start = 0; start < vocabulary; start += Block)
        {
            var block = _values.AsSpan(start, Block);
            var length = Math.Min(Block, vocabulary - start);
            TensorPrimitives.Subtract(logits.Slice(start, length), greatest, block);
            // Whole blocks use the same instructions throughout, so equal logits have equal weights at any position.
            block[length..].Fill(float.NegativeInfinity);
            TensorPrimitives.Multiply(block, scale, block);
            TensorPrimitives.Exp<float>(block, block);
            // exp(0) may come out one unit in the last place above 1.
            TensorPrimitives.Min(block, 1, block);
            Mass += _sums[start / Block] = TensorPrimitives.Sum<float>(block);
        }
    }

    /// <summary>The total weight of the tokens that a cutoff keeps.</summary>
    /// <param name="ranks">The weights to which the cutoff applies.</param>
    public double MassOf(Cutoff cutoff, TokenWeights ranks)
    {
        var mass = 0.0;
        for (var b = 0; b < _sums.Length; b++)
            mass += SumOf(b, cutoff, ranks);
        return mass;
    }

    /// <summary>Restricts drawing to the tokens that the cutoff keeps.</summary>
    public void Narrow(Cutoff cutoff, TokenWeights ranks)
    {
        Mass = 0;
        for (var b = 0; b < _sums.Length; b++)
            Mass += _sums[b] = SumOf(b, cutoff, ranks);
    }

    /// <summary>The token at a point of the cumulative mass, in order of id.</summary>
    /// <param name="point">From 0 to below <see cref="Mass"/>.</param>
    /// <param name="cutoff">The last one given to <see cref="Narrow"/>.</param>
    public int At(double point, Cutoff cutoff, TokenWeights ranks)
    {
        var left = point;
        for (var b = 0; b < _sums.Length; b++)
        {
            if (left >= _sums[b])
            {
                left -= _sums[b];
                continue;
            }
            for (var i = b * Block; i < (b + 1) * Block; i++)
                if (cutoff.Keeps(ranks._values[i], i) && (left -= _values[i]) < 0)
                    return i;
        }
        // Rounding left a remainder beyond the last token; it goes to the first.
        return point > 0 ? At(0, cutoff, ranks) : throw new InvalidOperationException("No token can be drawn: none has a weight.");
    }

    /// <summary>The cutoff of the k greatest weights; of equals, the lowest ids. A binary search over bit patterns, which are ordered like
    /// positive floats: first over all weights, then over the few left in range. An even sample guesses the first bounds, which saves
    /// most passes; after a wrong guess the search goes on from there.</summary>
    public Cutoff Greatest(int k)
    {
        ReadOnlySpan<float> among = _values;
        var gathered = false;
        // At least k weights reach the low bits, fewer than k the high bits. above: how many reach the high bits and are no candidates.
        var (low, high) = (0, BitConverter.SingleToInt32Bits(1f) + 1);
        var (reachLow, reachHigh, above) = (_values.Length, 0, 0);
        var (guess, next) = Guess(k);
        while (high - low > 1 && reachLow > k)
        {
            if (!gathered && reachLow - reachHigh <= _candidates.Length)
            {
                gathered = true;
                above = reachHigh;
                var (floor, ceiling) = (BitConverter.Int32BitsToSingle(low), BitConverter.Int32BitsToSingle(high));
                among = _candidates.AsSpan(0, VectorMath.Gather(among, floor, ceiling, _candidates));
            }
            var middle = guess > low && guess < high ? guess : low + (high - low) / 2;
            (guess, next) = (next, 0);
            var reach = above + VectorMath.CountFrom(among, BitConverter.Int32BitsToSingle(middle));
            if (reach >= k)
                (low, reachLow) = (middle, reach);
            else
                (high, reachHigh) = (middle, reach);
        }
        if (low == 0)
            return Cutoff.All;
        var least = BitConverter.Int32BitsToSingle(low);
        return reachLow == k ? new(least, vocabulary) : new(least, After(k - reachHigh, least));
    }

    /// <summary>The bits of a weight that probably more than k reach, and of one that probably fewer do, by a sample of 256; 0 if the
    /// sample does not tell.</summary>
    private (int Below, int Above) Guess(int k)
    {
        Span<float> sample = stackalloc float[256];
        for (var i = 0; i < sample.Length; i++)
            sample[i] = _values[(int)((long)i * vocabulary / sample.Length)];
        sample.Sort();
        var rank = (double)k / vocabulary * sample.Length;
        // Three standard deviations, plus three if few of the k are in the sample.
        var margin = 3 * Math.Sqrt(rank) + 3;
        var below = sample.Length - 1 - (int)(rank + margin);
        var above = sample.Length - 1 - (int)Math.Floor(rank - margin);
        return (
            below >= 0 ? BitConverter.SingleToInt32Bits(sample[below]) : 0,
            above < sample.Length ? BitConverter.SingleToInt32Bits(sample[above]) : 0);
    }

    /// <summary>The id after the n-th token with this weight, n = <paramref name="count"/>.</summary>
    private int After(int count, float weight)
    {
        for (var token = 0; token < vocabulary; token++)
            if (_values[token] == weight && --count == 0)
                return token + 1;
        return vocabulary;
    }

    private double SumOf(int b, Cutoff cutoff, TokenWeights ranks)
    {
        var values = _values.AsSpan(b * Block, Block);
        var by = ranks._values.AsSpan(b * Block, Block);
        // Below the cutoff's token its weight is enough; from there on, only a greater one.
        var reach = Math.Clamp(cutoff.Token - b * Block, 0, Block);
        var more = MathF.BitIncrement(cutoff.Weight);
        return reach switch
        {
            0 => VectorMath.SumFrom(values, by, more),
            Block => VectorMath.SumFrom(values, by, cutoff.Weight),
            _ => VectorMath.SumFrom(values[..reach], by[..reach], cutoff.Weight) + VectorMath.SumFrom(values[reach..], by[reach..], more),
        };
    }
}
