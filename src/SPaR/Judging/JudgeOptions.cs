using SPaR.Abstractions;

namespace SPaR.Judging;

/// <summary>How answers are judged.</summary>
public sealed record JudgeOptions
{
    /// <summary>Votes per answer, 1 to 64.</summary>
    public int Votes { get; init; } = 5;

    /// <summary>Asks for no more votes on a sampled answer once the majority is certain. In a tree all are asked, as the share of yes ranks
    /// the nodes.</summary>
    public bool EarlyStop { get; init; }

    /// <summary>How often a node is judged in all when its votes tie or cannot be read, 1 to 10.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>0 to 2; 0 is greedy.</summary>
    public double Temperature { get; init; } = 0.7;

    /// <summary>Above 0 to 1.</summary>
    public double TopP { get; init; } = 1.0;

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
