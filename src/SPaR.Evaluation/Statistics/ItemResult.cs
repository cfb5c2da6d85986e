using System.Collections.Immutable;
using System.Text.Json;

namespace SPaR.Evaluation.Statistics;

/// <summary>The result of one item.</summary>
public sealed record ItemResult
{
    /// <summary>What it adds to the measures.</summary>
    public required ImmutableArray<Tally> Tallies { get; init; }

    /// <summary>The answer; null when no answer was asked for.</summary>
    public string? Text { get; init; }

    /// <summary>What the model thought before the answer; null if it did not, or its reasoning is part of the text.</summary>
    public string? Reasoning { get; init; }

    /// <summary>Details for a reader: verdicts, votes, the choice.</summary>
    public JsonElement? Detail { get; init; }

    public TokenUsage Usage { get; init; }

    /// <summary>Answers that were generated, refinements included.</summary>
    public int Generations { get; init; }

    /// <summary>Answers that were judged.</summary>
    public int Judged { get; init; }
}

/// <summary>What one item adds to a measure. A measure is the sum of hits over the sum of possible hits: a share, a mean, or
/// F1 = 2 TP / (2 TP + FP + FN).</summary>
/// <param name="Measure">In snake case.</param>
/// <param name="Hits">From 0 to <paramref name="Of"/>.</param>
/// <param name="Group">A part of the benchmark, such as a type of instruction, that is also measured by itself.</param>
public sealed record Tally(string Measure, double Hits, double Of = 1, string? Group = null)
{
    /// <summary>One case of F1. A true negative adds nothing to the sums.</summary>
    public static Tally F1(string measure, bool found, bool there, string? group = null) =>
        new(measure, found && there ? 2 : 0, (found ? 1 : 0) + (there ? 1 : 0), group);
}
