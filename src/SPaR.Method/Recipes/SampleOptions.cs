using SPaR.Abstractions;

namespace SPaR.Method.Recipes;

/// <summary>How the actor answers.</summary>
public sealed record SampleOptions
{
    /// <summary>Answers per instruction, 1 to 64.</summary>
    public int N { get; init; } = 5;

    /// <summary>0 to 2; 0 is greedy.</summary>
    public double Temperature { get; init; } = 0.9;

    /// <summary>Above 0 to 1.</summary>
    public double TopP { get; init; } = 0.9;

    /// <summary>0 (all) to 1,000,000.</summary>
    public int TopK { get; init; }

    /// <summary>0 to 1.</summary>
    public double MinP { get; init; }

    /// <summary>Above 0 to 2; 1 is off.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    public SamplingOrder SamplingOrder { get; init; }

    /// <summary>1 to 131,072.</summary>
    public int MaxTokens { get; init; } = 2048;

    internal SamplingOptions ToSampling() =>
        new(Temperature, TopP, TopK, MinP, MaxTokens) { RepetitionPenalty = RepetitionPenalty, Order = SamplingOrder };
}
