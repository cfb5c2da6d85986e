using System.Collections.Immutable;

namespace SPaR.Method.Items;

/// <summary>A conversation of the refiner that is worth learning from. Rows are candidates; each round chooses among them, up to its
/// caps.</summary>
public sealed record RefinerExample : IItemRow
{
    public required string RunId { get; init; }

    public required int Round { get; init; }

    public required string InstructionId { get; init; }

    public required ExampleKind Kind { get; init; }

    /// <summary>The subject it comes from: <c>r.0.1</c>, or <c>a2</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The whole conversation; the last message is what the refiner should say. Assistant messages that the refiner did not
    /// write, such as the judged answer, have weight 0.</summary>
    public required ImmutableArray<TrainingMessage> Messages { get; init; }

    /// <summary>SHA-256 of all messages but the last. A round uses one example per prompt.</summary>
    public required string PromptHash { get; init; }

    public required string ModelHash { get; init; }

    /// <summary>Its place in the seeded random order in which a cap takes candidates.</summary>
    public required ulong Draw { get; init; }
}

public enum ExampleKind
{
    /// <summary>The request that gave the accepted node, from its parent's answer and critique.</summary>
    Refine,

    /// <summary>The critique of the majority on a node with a split vote and a value above 0.5.</summary>
    JudgePositive,

    /// <summary>The critique of the majority on a node with a split vote and a value below 0.5.</summary>
    JudgeNegative,

    /// <summary>A sampled answer judged bad by a split vote.</summary>
    FirstBad,

    /// <summary>A sampled answer judged good by a split vote.</summary>
    FirstGood,
}
