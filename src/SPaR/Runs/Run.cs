namespace SPaR.Runs;

/// <summary>One self-play run over an instruction set.</summary>
public sealed class Run
{
    /// <summary><c>run_…</c></summary>
    public required string Id { get; init; }

    public string? Name { get; init; }

    public required string SetId { get; init; }

    public required string ActorId { get; init; }

    public required string RefinerId { get; init; }

    public required string JudgeId { get; init; }

    /// <summary>Resolved: every option stands in it, the prompt set included.</summary>
    public required Recipe Recipe { get; init; }

    public required long Seed { get; init; }

    public required int Rounds { get; init; }

    public required RunStatus Status { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Detail { get; init; }

    /// <summary>What the check before the start found, or null until it ran.</summary>
    public Preflight? Preflight { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

public enum RunStatus
{
    Queued,
    Running,
    Pausing,
    Paused,
    Cancelling,
    Cancelled,
    Succeeded,
    Failed,
}

/// <summary>A few instructions answered and judged before the run starts, to see whether the judge can be read at all.</summary>
/// <param name="ReadableRate">Readable votes / votes, in [0, 1].</param>
/// <param name="Warning">Null when the rate is good.</param>
public sealed record Preflight(int Instructions, int Votes, int Readable, double ReadableRate, string? Warning);

/// <summary>One instruction of a run's round: its state, the tokens it cost, and who holds it.</summary>
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

    public required long Generated { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}
