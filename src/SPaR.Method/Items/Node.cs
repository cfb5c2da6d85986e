using System.Collections.Immutable;

namespace SPaR.Method.Items;

/// <summary>One place in a search tree. The row is written as soon as its answer exists, and replaced once, when the answer is
/// judged.</summary>
public sealed record Node : IItemRow
{
    public required string RunId { get; init; }

    public required int Round { get; init; }

    public required string InstructionId { get; init; }

    /// <summary><c>r</c> for the root, <c>r.0.2</c> for the third child of its first child.</summary>
    public required string Path { get; init; }

    /// <summary>Null for the root.</summary>
    public string? Parent { get; init; }

    public required int Depth { get; init; }

    /// <summary>Position in the order in which nodes were added to the tree, from 1; 0 for the root, null while not in the tree.</summary>
    public int? Order { get; init; }

    public required NodeOutcome Outcome { get; init; }

    /// <summary>The refined answer; empty for a branch that gave no readable one.</summary>
    public required string Text { get; init; }

    /// <summary>What the refiner thought before its reply (root: the actor before its answer); null if it did not, or its reasoning is
    /// part of the reply.</summary>
    public string? Reasoning { get; init; }

    /// <summary>The tokens as the refiner generated them, reasoning included (root: of the actor's answer).</summary>
    public required ImmutableArray<int> Tokens { get; init; }

    /// <summary>The whole reply after the reasoning, which contains <see cref="Text"/>.</summary>
    public required string Reply { get; init; }

    public required bool Truncated { get; init; }

    /// <summary>Of the answer; null without an answer, or when no constraint of the instruction can be checked.</summary>
    public Verification? Verifier { get; init; }

    /// <summary>How many times the refiner was asked for it.</summary>
    public required int Attempts { get; init; }

    /// <summary>Of the last attempt.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The subject whose judgement it has: its own path, that of an earlier node with the same answer, or the sampled answer
    /// for the root; null while not judged.</summary>
    public string? JudgedAs { get; init; }

    /// <summary>The attempt of that judgement.</summary>
    public int? JudgedAttempt { get; init; }

    public Label? Label { get; init; }

    public double? Value { get; init; }

    public required string ModelHash { get; init; }

    public required string PromptHash { get; init; }

    /// <summary>The row that replaces this one when its answer has been judged.</summary>
    internal Node WithJudgement(NodeOutcome outcome, int? order, Judgement? judgement) => this with
    {
        Outcome = outcome,
        Order = order,
        JudgedAs = judgement?.Subject,
        JudgedAttempt = judgement?.Attempt,
        Label = judgement?.Label,
        Value = judgement?.Value,
    };
}

public enum NodeOutcome
{
    /// <summary>It has an answer that is not judged yet.</summary>
    Refined,

    /// <summary>In the tree, with a value.</summary>
    Judged,

    /// <summary>In the tree, with the value of an earlier node that has the same answer.</summary>
    Reused,

    /// <summary>No reply was readable; not in the tree.</summary>
    Unreadable,

    /// <summary>Every judgement was a tie or unreadable; not in the tree.</summary>
    Dropped,

    /// <summary>The request did not fit the context; not in the tree.</summary>
    TooLong,
}
