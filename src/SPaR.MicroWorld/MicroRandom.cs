namespace SPaR.MicroWorld;

/// <summary>A seeded random generator (SplitMix64, Steele et al. 2014, "Fast splittable pseudorandom number generators"): a seed gives the
/// same numbers on every machine and in every version of the runtime.</summary>
public sealed class MicroRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A whole number from 0 to <paramref name="count"/> - 1, all equally likely.</summary>
    public int Below(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        // Rejects the last, incomplete run of remainders, which would make small numbers more likely.
        var limit = ulong.MaxValue - (ulong.MaxValue % (ulong)count);
        ulong draw;
        do
            draw = Next();
        while (draw >= limit);
        return (int)(draw % (ulong)count);
    }

    /// <summary>One of the items, all equally likely.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>In [0, 1): the upper 53 bits, as many as a double holds.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with this probability.</summary>
    public bool Happens(double probability) => Uniform() < probability;

    /// <summary>From the standard normal distribution (Box and Muller, 1958).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
