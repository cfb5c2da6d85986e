namespace SPaR.Llama.Sampling;

/// <summary>SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Its state is one 64-bit number per
/// sample; it passes BigCrush, and similar seeds give unrelated streams.</summary>
internal struct SplitMix(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Uniform in [0, 1), in steps of 2^-53.</summary>
    public double Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
