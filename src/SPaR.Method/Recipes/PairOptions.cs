namespace SPaR.Method.Recipes;

/// <summary>What becomes a pair.</summary>
public sealed record PairOptions
{
    public PairSource Source { get; init; } = PairSource.Refined;

    /// <summary>A mended answer is chosen only with a value strictly above this; 0 to 1.</summary>
    public double Accept { get; init; } = 0.5;
}

public enum PairSource
{
    /// <summary>The mended answer over the one it was mended from.</summary>
    Refined,

    /// <summary>A sampled answer judged good over one judged bad: the baseline, without search.</summary>
    Independent,

    /// <summary>As refined; the actor is trained by SFT on the chosen side, without the rejected one: the other baseline.</summary>
    SftOnly,
}
