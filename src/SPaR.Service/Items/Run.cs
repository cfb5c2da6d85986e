using SPaR.Method;
using SPaR.Method.Recipes;

namespace SPaR.Service.Items;

/// <summary>One self-play run over an instruction set.</summary>
public sealed class Run
{
    public const int DefaultStallSeconds = 900;

    /// <summary><c>run_…</c></summary>
    public required string Id { get; init; }

    public string? Name { get; init; }

    public required string SetId { get; init; }

    /// <summary>How many instructions the set had when the run was created: what is added later is not part of it. Null if there is no
    /// such set.</summary>
    public int? Instructions { get; init; }

    public required string ActorId { get; init; }

    public required string RefinerId { get; init; }

    public required string JudgeId { get; init; }

    /// <summary>Resolved: it has every option, the prompt set included.</summary>
    public required Recipe Recipe { get; init; }

    public required long Seed { get; init; }

    public required int Rounds { get; init; }

    /// <summary>When self-play has enough; null to take every instruction.</summary>
    public RunTarget? Target { get; init; }

    /// <summary>So many instructions, drawn at random, instead of all: to look at the results before the run itself. Null for a run that
    /// is no preview.</summary>
    public int? Preview { get; init; }

    /// <summary>Seconds without progress after which the run is reported as stalled.</summary>
    public int StallSeconds { get; init; } = DefaultStallSeconds;

    public required RunStatus Status { get; init; }

    /// <summary>Why it ended so (<see cref="RunCodes"/>); null if there is nothing to say.</summary>
    public string? Code { get; init; }

    /// <summary>The same in words, and what to do.</summary>
    public string? Detail { get; init; }

    /// <summary>What the check before the start found, or null until it ran.</summary>
    public Preflight? Preflight { get; init; }

    /// <summary>The span of the request that created it, as W3C's traceparent; null if that was not recorded.</summary>
    public string? TraceParent { get; init; }

    /// <summary>What to bear in mind about its results; null in old rows.</summary>
    public IReadOnlyList<RunWarning>? Warnings { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Its path in the API.</summary>
    public static string Link(string id) => $"/v1/runs/{id}";
}

/// <param name="Code">For programs: <c>constraint-overlap</c>.</param>
/// <param name="Detail">The same in words, and what to do.</param>
public sealed record RunWarning(string Code, string Detail);
