namespace SPaR.Llama.Sampling;

/// <summary>The end of a set of the most probable tokens. The set has every token whose weight is above <see cref="Weight"/>, and of those
/// with just this weight, every id below <see cref="Token"/>. So (weight of t, t) cuts off t and all tokens that rank after it.</summary>
internal readonly record struct Cutoff(float Weight, int Token)
{
    /// <summary>Every token with a weight above 0.</summary>
    public static Cutoff All => new(0, 0);

    public bool Keeps(float weight, int token) => weight > Weight || (weight == Weight && token < Token);

    /// <summary>The smaller of the two sets.</summary>
    public Cutoff And(Cutoff other) =>
        Weight > other.Weight || (Weight == other.Weight && Token < other.Token) ? this : other;
}
