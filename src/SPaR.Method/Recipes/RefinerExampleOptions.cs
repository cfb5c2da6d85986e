using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>The most examples of each kind that one round yields.</summary>
public sealed record RefinerExampleOptions
{
    [Range(0, 1_000_000)]
    public int Refine { get; init; } = 4000;

    [Range(0, 1_000_000)]
    public int Positive { get; init; } = 1500;

    [Range(0, 1_000_000)]
    public int Negative { get; init; } = 1000;

    [Range(0, 1_000_000)]
    public int FirstBad { get; init; } = 500;

    [Range(0, 1_000_000)]
    public int FirstGood { get; init; } = 2500;
}
