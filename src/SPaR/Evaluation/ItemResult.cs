using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Abstractions;

namespace SPaR.Evaluation;

/// <summary>What measuring one item came to.</summary>
public sealed record ItemResult
{
    /// <summary>What it adds to the measures.</summary>
    public required ImmutableArray<Tally> Tallies { get; init; }

    /// <summary>What was answered; null where nobody was asked to answer.</summary>
    public string? Text { get; init; }

    /// <summary>What a reader wants to see beside it: verdicts, votes, the choice.</summary>
    public JsonElement? Detail { get; init; }

    public TokenUsage Usage { get; init; }

    /// <summary>Answers that were generated for it, mendings included.</summary>
    public int Generations { get; init; }

    /// <summary>Answers that a judge valued for it.</summary>
    public int Judged { get; init; }
}

/// <summary>What one item adds to a measure, which is the sum of hits over the sum of what was possible: a share, a mean, or
/// F1 = 2 TP / (2 TP + FP + FN).</summary>
/// <param name="Measure">In snake case.</param>
/// <param name="Hits">At most <paramref name="Of"/>, and not negative.</param>
/// <param name="Group">A part of the benchmark, such as a type of instruction, that has a figure of its own as well.</param>
public sealed record Tally(string Measure, double Hits, double Of = 1, string? Group = null);
