namespace SPaR.Abstractions;

/// <summary>A seeded random generator: SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, 2014, "Fast splittable pseudorandom number
/// generators"). Fast, and the same on every machine. Seeds of requests to models derive from position instead.</summary>
public struct RandomGenerator(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <returns>From 0 to <paramref name="count"/> − 1.</returns>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <returns>In [0, 1).</returns>
    public double Uniform() => Uniform(Next());

    /// <summary>Maps 64 random bits to [0, 1): the upper 53, as many as a double holds.</summary>
    public static double Uniform(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
