namespace SPaR.Service.Lifecycle;

/// <summary>What a worker does for a run or an evaluation right now. The worker writes it every two seconds; it is a report, and nothing
/// depends on it.</summary>
public sealed class WorkActivity
{
    public required string Worker { get; init; }

    /// <summary>The run's or the evaluation's.</summary>
    public required string WorkId { get; init; }

    public required WorkPhase Phase { get; init; }

    /// <summary>Instructions or benchmark items that it works on.</summary>
    public required int InFlight { get; init; }

    /// <summary>Tokens generated for the items in flight, which no row of theirs counts yet.</summary>
    public required long Generated { get; init; }

    public required double TokensPerSecond { get; init; }

    public required DateTimeOffset ReportedAt { get; init; }
}

public enum WorkPhase
{
    /// <summary>Models are loaded, and downloaded first where this machine lacks them.</summary>
    Loading,

    /// <summary>The judge is tried on a few instructions.</summary>
    Preflight,

    SelfPlay,

    Evaluate,
}
