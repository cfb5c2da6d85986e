using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace SPaR.Method.Recipes;

/// <summary>How answers are judged.</summary>
public sealed record JudgeOptions : SamplingSettings
{
    private const int PaperVotes = 5;

    public JudgeOptions() => (Temperature, MaxTokens) = (0.7, 2048);

    public JudgingMode Judging { get; init; }

    /// <summary>Votes per answer; not read with <see cref="JudgingMode.Logit"/>.</summary>
    [Range(1, 64)]
    public int Votes { get; init; } = 5;

    /// <summary>Skips the remaining votes on a sampled answer once the majority is certain. In a tree all votes are asked for, because the
    /// share of yes ranks the nodes. Not read with <see cref="JudgingMode.Logit"/>.</summary>
    public bool EarlyStop { get; init; }

    /// <summary>How often a node is judged at most, while its votes tie or cannot be read.</summary>
    [Range(1, 10)]
    public int Attempts { get; init; } = 3;

    /// <summary>Critiques per answer.</summary>
    internal int Critiques => Judging == JudgingMode.Logit ? 1 : Votes;

    /// <summary>Whether the judge was in doubt: its votes were split. A probability is never exactly 0 or 1; it counts as split if five
    /// votes drawn from it would more likely be split than unanimous (0.13 to 0.87).</summary>
    internal bool IsSplit(double value) => Judging == JudgingMode.Logit
        ? Math.Pow(value, PaperVotes) + Math.Pow(1 - value, PaperVotes) < 0.5
        : value is > 0 and < 1;
}

/// <summary>What an answer's value is.</summary>
public enum JudgingMode
{
    /// <summary>The share of yes among k votes, each with its own critique, as in the paper.</summary>
    Votes,

    /// <summary>The probability of yes after a single critique.</summary>
    Logit,

    /// <summary>As <see cref="Votes"/>, but an answer that violates a constraint of its instruction (checked strictly) is bad and has the
    /// value 0, whatever the votes say. If it violates none, the votes decide.</summary>
    [JsonStringEnumMemberName("votes+verifier")]
    VotesAndVerifier,
}
