using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>How the actor answers.</summary>
public sealed record SampleOptions : SamplingSettings
{
    public SampleOptions() => (Temperature, TopP, MaxTokens) = (0.9, 0.9, 2048);

    /// <summary>Answers per instruction.</summary>
    [Range(1, 64)]
    public int N { get; init; } = 5;
}
