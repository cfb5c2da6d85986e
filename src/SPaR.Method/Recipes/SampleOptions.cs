using System.ComponentModel.DataAnnotations;
using SPaR.Abstractions;

namespace SPaR.Method.Recipes;

/// <summary>How the actor answers.</summary>
public sealed record SampleOptions
{
    /// <summary>Answers per instruction.</summary>
    [Range(1, 64)]
    public int N { get; init; } = 5;

    /// <summary>0 is greedy.</summary>
    [Range(0.0, 2.0)]
    public double Temperature { get; init; } = 0.9;

    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double TopP { get; init; } = 0.9;

    /// <summary>0 keeps all.</summary>
    [Range(0, 1_000_000)]
    public int TopK { get; init; }

    [Range(0.0, 1.0)]
    public double MinP { get; init; }

    /// <summary>1 is off.</summary>
    [Range(0.0, 2.0, MinimumIsExclusive = true)]
    public double RepetitionPenalty { get; init; } = 1;

    public SamplingOrder SamplingOrder { get; init; }

    [Range(1, 131_072)]
    public int MaxTokens { get; init; } = 2048;

    internal SamplingOptions ToSampling() =>
        new(Temperature, TopP, TopK, MinP, MaxTokens) { RepetitionPenalty = RepetitionPenalty, Order = SamplingOrder };
}
