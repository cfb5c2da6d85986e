using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Abstractions;

namespace SPaR.Evaluation.Statistics;

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
public sealed record Tally(string Measure, double Hits, double Of = 1, string? Group = null)
{
    /// <summary>One case of F1 of what was found among what was there. A case that was rightly not found adds nothing, but stands for its
    /// item.</summary>
    public static Tally F1(string measure, bool found, bool there, string? group = null) =>
        new(measure, found && there ? 2 : 0, (found ? 1 : 0) + (there ? 1 : 0), group);
}
