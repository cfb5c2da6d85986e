using System.Numerics.Tensors;

namespace SPaR.Llama.Sampling;

/// <summary>A weight for each token, and which of them may be drawn. Adds up by blocks, in floats within one and in doubles over them, so
/// that sums are right to about seven digits at any size. Knows neither temperature nor filters.</summary>
internal sealed class TokenWeights(int vocabulary)
{
    private const int Block = 1024;

    // Whole blocks: what lies beyond the vocabulary weighs nothing.
    private readonly float[] _values = new float[(vocabulary + Block - 1) / Block * Block];

    // Of what may be drawn, by block.
    private readonly double[] _sums = new double[(vocabulary + Block - 1) / Block];

    private readonly float[] _candidates = new float[Block];

    /// <summary>By token id; the greatest is 1.</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, vocabulary);

    /// <summary>What all that may be drawn weigh together.</summary>
    public double Mass { get; private set; }

    /// <summary>Takes exp((logit - greatest) · scale) as the weights; all may be drawn.</summary>
    public void Fill(ReadOnlySpan<float> logits, float greatest, float scale)
    {
        Mass = 0;
        for (var start = 0; start < vocabulary; start += Block)
        {
            var block = _values.AsSpan(start, Block);
            var length = Math.Min(Block, vocabulary - start);
            TensorPrimitives.Subtract(logits.Slice(start, length), greatest, block);
            // A whole block goes through the same instructions, so equal logits have equal weights wherever they stand.
            block[length..].Fill(float.NegativeInfinity);
            TensorPrimitives.Multiply(block, scale, block);
            TensorPrimitives.Exp<float>(block, block);
            // exp(0) is a unit in the last place above 1.
            TensorPrimitives.Min(block, 1, block);
            Mass += _sums[start / Block] = TensorPrimitives.Sum<float>(block);
        }
    }

    /// <summary>What the tokens of a set weigh.</summary>
    /// <param name="ranks">The weights that its edge speaks of.</param>
    public double MassOf(Edge edge, TokenWeights ranks)
    {
        var mass = 0.0;
        for (var b = 0; b < _sums.Length; b++)
            mass += SumOf(b, edge, ranks);
        return mass;
    }

    /// <summary>From now on only the tokens of this set may be drawn.</summary>
    public void Narrow(Edge edge, TokenWeights ranks)
    {
        Mass = 0;
        for (var b = 0; b < _sums.Length; b++)
            Mass += _sums[b] = SumOf(b, edge, ranks);
    }

    /// <summary>The token at a point of the mass, when those that may be drawn lie one after the other by id.</summary>
    /// <param name="edge">Of the tokens that may be drawn.</param>
    /// <param name="point">From 0 to below <see cref="Mass"/>.</param>
    public int At(double point, Edge edge, TokenWeights ranks)
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
                if (edge.Holds(ranks._values[i], i) && (left -= _values[i]) < 0)
                    return i;
        }
        // Rounding left a sliver beyond the last token; it goes to the first.
        return point > 0 ? At(0, edge, ranks) : throw new InvalidOperationException("No token can be drawn: none has a weight.");
    }

    /// <summary>The set of the k greatest weights; of equals the first. Halves the range of bit patterns, which are ordered as positive
    /// floats are, first over all weights and then over the few that are left in it. A sample says where to cut first, which saves most of
    /// the passes; where it errs the halving goes on from there.</summary>
    public Edge Greatest(int k)
    {
        ReadOnlySpan<float> among = _values;
        var gathered = false;
        // At least k weights reach the low bits, fewer the high ones; above: those that reach the high ones and were left behind.
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
            return Edge.All;
        var least = BitConverter.Int32BitsToSingle(low);
        return reachLow == k ? new(least, vocabulary) : new(least, After(k - reachHigh, least));
    }

    /// <summary>Bits of a weight that more than k reach, and of one that fewer do, as far as a sample of 256 tells; 0 where it does
    /// not.</summary>
    private (int Below, int Above) Guess(int k)
    {
        Span<float> sample = stackalloc float[256];
        for (var i = 0; i < sample.Length; i++)
            sample[i] = _values[(int)((long)i * vocabulary / sample.Length)];
        sample.Sort();
        var rank = (double)k / vocabulary * sample.Length;
        // Three deviations off, and three more where few of the k are in the sample.
        var off = 3 * Math.Sqrt(rank) + 3;
        var below = sample.Length - 1 - (int)(rank + off);
        var above = sample.Length - 1 - (int)Math.Floor(rank - off);
        return (
            below >= 0 ? BitConverter.SingleToInt32Bits(sample[below]) : 0,
            above < sample.Length ? BitConverter.SingleToInt32Bits(sample[above]) : 0);
    }

    /// <summary>The id behind that of the so-many-th token with a weight.</summary>
    private int After(int count, float weight)
    {
        for (var token = 0; token < vocabulary; token++)
            if (_values[token] == weight && --count == 0)
                return token + 1;
        return vocabulary;
    }

    private double SumOf(int b, Edge edge, TokenWeights ranks)
    {
        var values = _values.AsSpan(b * Block, Block);
        var by = ranks._values.AsSpan(b * Block, Block);
        // Up to the edge's token its weight is enough, from there on it takes more.
        var reach = Math.Clamp(edge.Token - b * Block, 0, Block);
        var more = MathF.BitIncrement(edge.Weight);
        return reach switch
        {
            0 => VectorMath.SumFrom(values, by, more),
            Block => VectorMath.SumFrom(values, by, edge.Weight),
            _ => VectorMath.SumFrom(values[..reach], by[..reach], edge.Weight) + VectorMath.SumFrom(values[reach..], by[reach..], more),
        };
    }
}
