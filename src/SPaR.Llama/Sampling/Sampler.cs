using SPaR.Abstractions;

namespace SPaR.Llama.Sampling;

/// <summary>The tokens that the filters leave: all whose weight is above <see cref="Floor"/>, and of those that equal it the first
/// <see cref="Ties"/> by token id.</summary>
/// <param name="Above">Sum of the weights above the floor.</param>
internal readonly record struct Kept(float Floor, int Ties, double Above)
{
    public double Mass => Above + Ties * (double)Floor;
}

/// <summary>Draws the next token from logits: temperature, then top-k, top-p and min-p, each over what the one before left. Every filter
/// keeps the most probable tokens, so each is a threshold, which is found by counting and adding without sorting the vocabulary. Holds
/// scratch memory: one per thread.</summary>
internal sealed class Sampler(int vocabulary)
{
    /// <summary>Below it the distribution is one token anyway, and 1/temperature would overflow.</summary>
    private const double Greedy = 1e-6;

    /// <summary>Where a threshold is first looked for. Most are found within the first steps, where few tokens lie.</summary>
    private static readonly float[] Steps = [1f / 8, 1f / 64, 1f / 1024, 1f / (1 << 16), 1f / (1 << 24), 0];

    private readonly float[] _weights = new float[vocabulary];
    private readonly float[] _candidates = new float[vocabulary];

    /// <summary>exp((logit - greatest) / temperature), by token id, of the last call.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <exception cref="DamagedWeightsException">A logit is not a number.</exception>
    public int Draw(ReadOnlySpan<float> logits, SamplingOptions options, ref SplitMix random)
    {
        if (options.Temperature < Greedy)
            return logits.IndexOf(VectorMath.Max(logits));
        var kept = Keep(logits, options);
        return Walk(kept, random.Next() * kept.Mass);
    }

    /// <summary>Applies the filters.</summary>
    public Kept Keep(ReadOnlySpan<float> logits, SamplingOptions options)
    {
        VectorMath.Exponentials(logits, VectorMath.Max(logits), (float)(1 / options.Temperature), _weights);
        var kept = new Kept(-1, 0, VectorMath.SumFrom(_weights, 0));
        if (options.TopK > 0 && options.TopK < vocabulary)
            kept = TopK(options.TopK);
        if (options.TopP < 1)
            kept = TopP(kept, options.TopP * kept.Mass);
        return options.MinP > 0 ? MinP(kept, (float)options.MinP) : kept;
    }

    private Kept TopK(int k)
    {
        var floor = Threshold(new Count(k), -1);
        var above = MathF.BitIncrement(floor);
        return new Kept(floor, k - VectorMath.CountFrom(_weights, above), VectorMath.SumFrom(_weights, above));
    }

    /// <summary>The smallest set with at least the mass; of equal tokens the first.</summary>
    private Kept TopP(Kept kept, double mass)
    {
        var floor = Threshold(new Mass(mass), kept.Floor);
        var above = VectorMath.SumFrom(_weights, MathF.BitIncrement(floor));
        // Never none: rounding may leave the mass just met above the floor.
        var ties = Math.Max(1, (int)Math.Ceiling((mass - above) / floor));
        var possible = floor == kept.Floor
            ? kept.Ties
            : VectorMath.CountFrom(_weights, floor) - VectorMath.CountFrom(_weights, MathF.BitIncrement(floor));
        return floor <= 0 ? kept : new Kept(floor, Math.Min(ties, possible), above);
    }

    /// <summary>The greatest weight is 1, so the share of it is the weight itself.</summary>
    private Kept MinP(Kept kept, float share)
    {
        var floor = MathF.BitDecrement(share);
        return floor < kept.Floor ? kept : new Kept(floor, 0, VectorMath.SumFrom(_weights, share));
    }

    /// <summary>The greatest weight whose tokens, with all above, meet the goal; <paramref name="least"/> if none above it does.</summary>
    private float Threshold<TGoal>(TGoal goal, float least)
        where TGoal : IGoal
    {
        var (base_, ceiling) = (0.0, MathF.BitIncrement(1f));
        foreach (var step in Steps)
        {
            var floor = Math.Max(step, MathF.BitIncrement(least));
            var total = goal.Measure(_weights, floor);
            if (total >= goal.Wanted)
                return Narrow(goal, base_, floor, ceiling);
            if (floor > step)
                break;
            (base_, ceiling) = (total, floor);
        }
        return Math.Max(least, 0);
    }

    /// <summary>Halves the range of bit patterns, which are ordered as the positive floats are, until one value is left.</summary>
    /// <param name="above">What lies at <paramref name="ceiling"/> and above.</param>
    private float Narrow<TGoal>(TGoal goal, double above, float floor, float ceiling)
        where TGoal : IGoal
    {
        var candidates = _candidates.AsSpan(0, VectorMath.Gather(_weights, floor, ceiling, _candidates));
        var (low, high) = (BitConverter.SingleToInt32Bits(floor), BitConverter.SingleToInt32Bits(ceiling));
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            if (above + goal.Measure(candidates, BitConverter.Int32BitsToSingle(middle)) >= goal.Wanted)
                low = middle;
            else
                high = middle;
        }
        return BitConverter.Int32BitsToSingle(low);
    }

    /// <summary>The token at the point of the kept mass: first those above the floor by id, then the ties.</summary>
    private int Walk(Kept kept, double point)
    {
        if (point >= kept.Above && kept is { Ties: > 0, Floor: > 0 })
            return Tie(kept.Floor, Math.Min(kept.Ties - 1, (int)((point - kept.Above) / kept.Floor)));
        var floor = kept.Floor < 0 ? 0 : MathF.BitIncrement(kept.Floor);
        for (var start = 0; start < _weights.Length; start += VectorMath.Block)
        {
            var block = _weights.AsSpan(start, Math.Min(VectorMath.Block, _weights.Length - start));
            var sum = VectorMath.BlockSum(block, floor);
            if (point >= sum)
            {
                point -= sum;
                continue;
            }
            for (var i = 0; i < block.Length; i++)
                if (block[i] >= floor && block[i] > 0 && (point -= block[i]) < 0)
                    return start + i;
        }
        // Rounding left a sliver beyond the last token; it belongs to the most probable one.
        return _weights.AsSpan().IndexOf(1f);
    }

    private int Tie(float weight, int index)
    {
        var at = -1;
        for (var i = 0; i <= index; i++)
            at += 1 + _weights.AsSpan(at + 1).IndexOf(weight);
        return at;
    }

    /// <summary>What a threshold must gather: so many tokens, or so much mass.</summary>
    private interface IGoal
    {
        double Wanted { get; }

        double Measure(ReadOnlySpan<float> weights, float floor);
    }

    private readonly record struct Count(double Wanted) : IGoal
    {
        public double Measure(ReadOnlySpan<float> weights, float floor) => VectorMath.CountFrom(weights, floor);
    }

    private readonly record struct Mass(double Wanted) : IGoal
    {
        public double Measure(ReadOnlySpan<float> weights, float floor) => VectorMath.SumFrom(weights, floor);
    }
}
