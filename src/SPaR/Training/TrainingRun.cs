using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.Abstractions;

namespace SPaR.Training;

/// <summary>One training of a model on a dataset.</summary>
public sealed class TrainingRun
{
    /// <summary><c>trn_…</c></summary>
    public required string Id { get; init; }

    public string? Name { get; init; }

    /// <summary>The run that trains in its rounds; with round and role null where a user asked for the training. Not more than one
    /// that is not cancelled has the same three.</summary>
    public string? RunId { get; init; }

    public int? Round { get; init; }

    public TrainingRole? Role { get; init; }

    public required TrainingMethod Method { get; init; }

    /// <summary>The model that training starts from.</summary>
    public required string ModelId { get; init; }

    public required TrainingSource Source { get; init; }

    public required TrainingOptions Options { get; init; }

    public required TrainingStatus Status { get; init; }

    /// <summary>The last optimiser step whose metrics are stored.</summary>
    public required int Step { get; init; }

    /// <summary>How many steps there will be; null until the data is prepared.</summary>
    public int? Steps { get; init; }

    /// <summary>Rows that are trained on; null until the data is prepared.</summary>
    public int? Rows { get; init; }

    /// <summary>Rows that are not trained on, each with the reason.</summary>
    public required ImmutableArray<DroppedRow> Dropped { get; init; }

    /// <summary>SHA-256 of the dataset's rows; null until the data is prepared.</summary>
    public string? DatasetHash { get; init; }

    /// <summary>How often its process died and was started again.</summary>
    public required int Restarts { get; init; }

    /// <summary>Why it failed: a stable code, a message that says what to do, and the row at fault where one is.</summary>
    public string? FailureCode { get; init; }

    public string? FailureMessage { get; init; }

    public string? FailureRow { get; init; }

    /// <summary>The model it made.</summary>
    public string? ResultId { get; init; }

    /// <summary>With LoRA: the adapter's file, relative to the models folder, its content and its size.</summary>
    public string? Adapter { get; init; }

    public string? AdapterSha256 { get; init; }

    public long? AdapterBytes { get; init; }

    /// <summary>Where its process and its checkpoints are (<see cref="TrainingPlace"/>); null while no worker has taken it up.</summary>
    public string? Machine { get; init; }

    public string? FolderId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

public enum TrainingStatus
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

/// <summary>The model of a run that is trained.</summary>
public enum TrainingRole
{
    Actor,
    Refiner,
}

/// <summary>What is trained on: a round of a run, or an upload.</summary>
/// <param name="Data">What of it.</param>
public sealed record TrainingSource(string? Run, int? Round, string? Upload, TrainingData Data);

public enum TrainingData
{
    Preferences,
    RefinerExamples,
}

/// <param name="Id">A pair's id, an example's source, or <c>line 12</c>.</param>
public sealed record DroppedRow(string Id, string Reason);

/// <summary>What the training process wrote of one optimiser step, under TRL's names.</summary>
public sealed class TrainingMetric
{
    public required string TrainingRunId { get; init; }

    public required int Step { get; init; }

    public required JsonNode Values { get; init; }

    /// <summary>When the supervisor read it.</summary>
    public required DateTimeOffset ReadAt { get; init; }
}
