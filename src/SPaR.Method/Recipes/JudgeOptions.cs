using System.Text.Json.Serialization;
using SPaR.Abstractions;

namespace SPaR.Method.Recipes;

/// <summary>How answers are judged.</summary>
public sealed record JudgeOptions
{
    private const int PaperVotes = 5;

    public JudgingMode Judging { get; init; }

    /// <summary>Votes per answer, 1 to 64; not read with <see cref="JudgingMode.Logit"/>.</summary>
    public int Votes { get; init; } = 5;

    /// <summary>Asks for no more votes on a sampled answer once the majority is certain. In a tree all are asked, as the share of yes ranks
    /// the nodes. Not read with <see cref="JudgingMode.Logit"/>.</summary>
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

    /// <summary>How many critiques are asked for.</summary>
    internal int Critiques => Judging == JudgingMode.Logit ? 1 : Votes;

    internal SamplingOptions ToSampling() =>
        new(Temperature, TopP, TopK, MinP, MaxTokens) { RepetitionPenalty = RepetitionPenalty, Order = SamplingOrder };

    /// <summary>Whether a value says that the judge was in doubt: its votes were split. A probability is never quite 0 or 1; it is in doubt
    /// where five votes drawn by it would rather be split than not (0.13 to 0.87).</summary>
    internal bool IsSplit(double value) => Judging == JudgingMode.Logit
        ? Math.Pow(value, PaperVotes) + Math.Pow(1 - value, PaperVotes) < 0.5
        : value is > 0 and < 1;
}

/// <summary>What an answer's value is.</summary>
public enum JudgingMode
{
    /// <summary>The share of yes among k votes, each a critique of its own: the paper's.</summary>
    Votes,

    /// <summary>The probability of yes behind a single critique.</summary>
    Logit,

    /// <summary>As <see cref="Votes"/>, but an answer that violates a constraint of its instruction, strictly, is bad and worth 0, whatever
    /// the votes say. Where all are followed, and where there are none, the votes decide.</summary>
    [JsonStringEnumMemberName("votes+verifier")]
    VotesAndVerifier,
}
