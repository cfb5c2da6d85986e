using System.ComponentModel.DataAnnotations;

namespace SPaR.Method.Recipes;

/// <summary>Which pairs of a round its actor is not trained on. The pairs stay, each with the filter that left it out. By default nothing
/// is filtered.</summary>
public sealed record PairFilterOptions
{
    /// <summary>Of the chosen answer: votes for it / readable votes. Null: any.</summary>
    [Range(0.0, 1.0)]
    public double? MinValue { get; init; }

    /// <summary>Of chosen and rejected: 1 − token edit distance / longer length. Null: any.</summary>
    [Range(0.0, 1.0)]
    public double? MinSimilarity { get; init; }

    /// <summary>By how much the chosen answer may be longer or shorter than the rejected one, as a share of the rejected one's length in
    /// characters. Null: any.</summary>
    [Range(0.0, 1000.0)]
    public double? MaxLengthChange { get; init; }

    public VerifierFilter Verifier { get; init; }

    /// <summary>A set of benchmark items (<c>bmk_…</c>): an instruction that shares a run of words with one of them is left out. Null:
    /// none.</summary>
    public string? Contamination { get; init; }

    public DuplicateFilter Duplicates { get; init; }

    /// <summary>How similar near-duplicates are at least: the share of common runs of five words.</summary>
    [Range(0.5, 1.0)]
    public double DuplicateSimilarity { get; init; } = 0.8;

    public HumanFilter Human { get; init; }
}

/// <summary>Which pairs pass by what people said of them.</summary>
public enum HumanFilter
{
    Any,

    /// <summary>Leaves out a pair that a person has rejected.</summary>
    NotRejected,

    /// <summary>Also leaves out a pair that nobody has accepted or edited.</summary>
    Accepted,
}

public enum VerifierFilter
{
    None,

    /// <summary>Where a program can check the constraints, the chosen answer must follow all of them and the rejected one must
    /// not.</summary>
    Agree,
}

public enum DuplicateFilter
{
    None,

    /// <summary>Leaves out a pair whose prompt and answers have the words of an earlier pair of the round.</summary>
    Exact,

    /// <summary>Also leaves out a pair whose words are nearly those of an earlier one.</summary>
    Near,
}
