namespace SPaR.Method.Items;

/// <summary>A preference: the same prompt, a better and a worse answer.</summary>
public sealed record Pair : IItemRow
{
    /// <summary><c>pair_…</c>, derived from run, round and instruction: the same item gives the same id.</summary>
    public required string Id { get; init; }

    public required string RunId { get; init; }

    public required int Round { get; init; }

    public required string InstructionId { get; init; }

    public required string Chosen { get; init; }

    /// <summary>The subject it came from: a node's path, or <c>a3</c>.</summary>
    public required string ChosenFrom { get; init; }

    public required double ChosenValue { get; init; }

    /// <summary>Null when no constraint of the instruction can be checked.</summary>
    public Verification? ChosenVerifier { get; init; }

    public required string Rejected { get; init; }

    /// <summary>The sampled answer it came from: <c>a3</c>.</summary>
    public required string RejectedFrom { get; init; }

    public required double RejectedValue { get; init; }

    /// <inheritdoc cref="ChosenVerifier"/>
    public Verification? RejectedVerifier { get; init; }

    /// <summary>1 − token edit distance / longer length, in [0, 1].</summary>
    public required double Similarity { get; init; }

    /// <summary>What leaves it out of trainings; null if nothing does, or its round's self-play has not ended.</summary>
    public PairFilter? FilteredBy { get; init; }
}
