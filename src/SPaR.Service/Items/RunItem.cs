using SPaR.Method.Items;

namespace SPaR.Service.Items;

/// <summary>One instruction of a run's round: its state, the tokens it cost, and the worker that holds it.</summary>
public sealed class RunItem
{
    public required string RunId { get; init; }

    public required int Round { get; init; }

    public required string InstructionId { get; init; }

    public required int Ordinal { get; init; }

    public required ItemState State { get; init; }

    public string? Detail { get; init; }

    /// <summary>How often working on it has failed.</summary>
    public required int Failures { get; init; }

    public string? LeaseOwner { get; init; }

    /// <summary>Grows by one with every lease; a write that carries an older one is refused.</summary>
    public required long LeaseEpoch { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    public required long PrefillComputed { get; init; }

    public required long PrefillForked { get; init; }

    /// <summary>Requested of the actor, the judge and the refiner.</summary>
    public required int SampleGenerations { get; init; }

    public required int JudgeGenerations { get; init; }

    public required int RefineGenerations { get; init; }

    /// <summary>Tokens of these generations.</summary>
    public required long SampleTokens { get; init; }

    public required long JudgeTokens { get; init; }

    public required long RefineTokens { get; init; }

    /// <summary>Of all three. The database adds them up.</summary>
    public long Generated { get; private set; }

    public DateTimeOffset? FinishedAt { get; init; }
}
