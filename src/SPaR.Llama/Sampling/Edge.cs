namespace SPaR.Llama.Sampling;

/// <summary>Where a set of the most probable tokens ends: it holds all whose weight is above <see cref="Weight"/>, and of those that equal
/// it the ones with an id below <see cref="Token"/>. So (weight of t, t) ends the set of all tokens that rank before t.</summary>
internal readonly record struct Edge(float Weight, int Token)
{
    /// <summary>All that are possible: a weight of 0 is not.</summary>
    public static Edge All => new(0, 0);

    public bool Holds(float weight, int token) => weight > Weight || (weight == Weight && token < Token);

    /// <summary>The smaller of two sets, which both hold.</summary>
    public Edge And(Edge other) =>
        Weight > other.Weight || (Weight == other.Weight && Token < other.Token) ? this : other;
}
