using System.Collections.Immutable;

namespace SPaR.Method.Items;

/// <summary>A conversation of the refiner worth learning from. Rows are candidates; the caps of a round choose among them.</summary>
public sealed record RefinerExample : IItemRow
{
    public required string RunId { get; init; }

    public required int Round { get; init; }

    public required string InstructionId { get; init; }

    public required ExampleKind Kind { get; init; }

    /// <summary>What it was taken from: <c>r.0.1</c>, or <c>a2</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The whole conversation; the last message is what the refiner should say. A message of the assistant that the refiner
    /// did not write, such as the answer under judgement, has the weight 0.</summary>
    public required ImmutableArray<TrainingMessage> Messages { get; init; }

    /// <summary>SHA-256 of all messages but the last; of several with the same, one is used.</summary>
    public required string PromptHash { get; init; }

    public required string ModelHash { get; init; }

    /// <summary>Where it stands in the random order in which a cap takes candidates (seeded).</summary>
    public required ulong Draw { get; init; }
}

public enum ExampleKind
{
    /// <summary>The request that produced the accepted node, from its parent's answer and critique.</summary>
    Refine,

    /// <summary>A node with split votes (of which the judge was in doubt) and a value above 0.5: the majority's critique.</summary>
    JudgePositive,

    /// <summary>The same with a value below 0.5.</summary>
    JudgeNegative,

    /// <summary>A sampled answer judged bad by a split vote.</summary>
    FirstBad,

    /// <summary>A sampled answer judged good by a split vote.</summary>
    FirstGood,
}
