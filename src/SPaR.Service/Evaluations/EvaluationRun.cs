using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Method.Recipes;

namespace SPaR.Service.Evaluations;

/// <summary>One measurement of models with a benchmark.</summary>
public sealed class EvaluationRun
{
    /// <summary><c>evl_…</c></summary>
    public required string Id { get; init; }

    public string? Name { get; init; }

    public required string Benchmark { get; init; }

    /// <summary>The items that a user uploaded; null where the benchmark has its own.</summary>
    public string? SetId { get; init; }

    /// <summary>Of all items of the set, or of the benchmark's own (<see cref="BenchmarkHash"/>).</summary>
    public required string DataHash { get; init; }

    public required string ActorId { get; init; }

    /// <summary>Null where the benchmark does not use it.</summary>
    public string? RefinerId { get; init; }

    /// <summary>Null where the benchmark does not use it.</summary>
    public string? JudgeId { get; init; }

    /// <summary>Null for a benchmark without answers to decode.</summary>
    public Decoding? Decoding { get; init; }

    /// <summary>Resolved, as a run's.</summary>
    public required Recipe Recipe { get; init; }

    public required long Seed { get; init; }

    /// <summary>Only the first so many items; null measures all.</summary>
    public int? Limit { get; init; }

    /// <summary>How many it measures.</summary>
    public required int Items { get; init; }

    /// <summary>A run's evaluation is paused, resumed and cancelled with its run.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Why it failed: a stable code and a message that says what to do.</summary>
    public string? FailureCode { get; init; }

    public string? FailureMessage { get; init; }

    /// <summary>The run that measures its round with it; null where a user asked.</summary>
    public string? RunId { get; init; }

    public int? Round { get; init; }

    /// <summary>The span of the request that asked for it or for its run, as W3C's traceparent; null if that was not recorded.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Null until all items are done.</summary>
    public EvaluationMetrics? Metrics { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>The result of one item. There is none until the item is done, and never a second.</summary>
public sealed class EvaluationResult
{
    public required string EvaluationId { get; init; }

    public required int Ordinal { get; init; }

    public required string Key { get; init; }

    public required ResultState State { get; init; }

    /// <summary>Why there is no result; null where there is one.</summary>
    public string? Message { get; init; }

    public ItemResult? Result { get; init; }

    /// <summary>SHA-256 of the models' files, of an adapter its own, and of the prompt set's wording.</summary>
    public required string ActorHash { get; init; }

    public string? RefinerHash { get; init; }

    public string? JudgeHash { get; init; }

    public required string PromptHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

public enum ResultState
{
    Done,

    /// <summary>The item did not fit the context, which adds nothing to the measures.</summary>
    TooLong,

    /// <summary>Measuring it failed.</summary>
    Failed,
}
