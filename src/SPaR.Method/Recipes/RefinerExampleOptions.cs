namespace SPaR.Method.Recipes;

/// <summary>The most examples of each kind that one round gives, 0 to 1,000,000 each.</summary>
public sealed record RefinerExampleOptions
{
    public int Refine { get; init; } = 4000;

    public int Positive { get; init; } = 1500;

    public int Negative { get; init; } = 1000;

    public int FirstBad { get; init; } = 500;

    public int FirstGood { get; init; } = 2500;
}
