using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>How text is sampled; answers, critiques and refinements have these options in common. A base rather than a part, because in
/// recipes and stored rows they are next to the other options: <c>sample.temperature</c>.</summary>
public abstract record SamplingSettings
{
    /// <summary>0 is greedy.</summary>
    [Range(0.0, 2.0)]
    public double Temperature { get; init; }

    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double TopP { get; init; } = 1;

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
    public int MaxTokens { get; init; }

    internal SamplingOptions ToSampling() =>
        new(Temperature, TopP, TopK, MinP, MaxTokens) { RepetitionPenalty = RepetitionPenalty, Order = SamplingOrder };
}
