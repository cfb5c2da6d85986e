namespace SPaR.Evaluation.Statistics;

/// <summary>Even draws by a seed, many and cheap: SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, 2014, "Fast splittable pseudorandom
/// number generators"). For resampling; what models are asked with derives from position instead.</summary>
internal struct RandomGenerator(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <returns>0 to below <paramref name="count"/>.</returns>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <returns>From 0 to below 1.</returns>
    public double Share() => (Next() >> 11) * (1.0 / (1UL << 53));
}
