using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SPaR.Method;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

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

    /// <summary>Of a fine-tuning job: what its user added to the name of the model.</summary>
    public string? Suffix { get; init; }

    /// <summary>Of a fine-tuning job: what its user attached to it, an object with texts.</summary>
    public JsonNode? Metadata { get; init; }

    public required TrainingMethod Method { get; init; }

    /// <summary>The model that training starts from.</summary>
    public required string ModelId { get; init; }

    /// <summary>What it trains on, each with what became of its rows in <see cref="SourceRows"/>.</summary>
    public required ImmutableArray<TrainingSource> Sources { get; init; }

    /// <summary>A source of held-out rows of its own; null where there are none, or they are a share of the data.</summary>
    public TrainingSource? EvalSource { get; init; }

    /// <summary>One for each of <see cref="Sources"/>, and the last one for <see cref="EvalSource"/>; null until the data is
    /// prepared.</summary>
    public ImmutableArray<SourceRows>? SourceRows { get; init; }

    public required TrainingOptions Options { get; init; }

    public required RunStatus Status { get; init; }

    /// <summary>The last optimiser step whose metrics are stored.</summary>
    public required int Step { get; init; }

    /// <summary>How many steps there will be; null until the data is prepared.</summary>
    public int? Steps { get; init; }

    /// <summary>Rows that are trained on; null until the data is prepared.</summary>
    public int? Rows { get; init; }

    /// <summary>Rows that are evaluated and not trained on; null until the data is prepared.</summary>
    public int? EvalRows { get; init; }

    /// <summary>Rows that are neither; each is a <see cref="TrainingDroppedRow"/>.</summary>
    public required int DroppedCount { get; init; }

    /// <summary>SHA-256 of the dataset's rows; null until the data is prepared.</summary>
    public string? DatasetHash { get; init; }

    /// <summary>How often its process died and was restarted.</summary>
    public required int Restarts { get; init; }

    /// <summary>Why it failed: a stable code, a message that says what to do, and the row at fault, if any.</summary>
    public string? FailureCode { get; init; }

    public string? FailureMessage { get; init; }

    public string? FailureRow { get; init; }

    /// <summary>The model it made.</summary>
    public string? ResultId { get; init; }

    /// <summary>With held-out rows: how it ended and which step was the best; null until then.</summary>
    public TrainingOutcome? Outcome { get; init; }

    /// <summary>With LoRA: the adapter's file, relative to the models folder, its content and its size.</summary>
    public string? Adapter { get; init; }

    public string? AdapterSha256 { get; init; }

    public long? AdapterBytes { get; init; }

    /// <summary>Where its process and its checkpoints are (<see cref="TrainingDirectory"/>); null until a worker has started it.</summary>
    public string? Machine { get; init; }

    public string? FolderId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>A row that is not trained on.</summary>
public sealed class TrainingDroppedRow
{
    public required string TrainingRunId { get; init; }

    /// <summary>Position among the dropped rows, from 0.</summary>
    public required int Ordinal { get; init; }

    /// <summary>As in <see cref="DroppedRow"/>.</summary>
    public required string RowId { get; init; }

    public required string Dataset { get; init; }

    public required string Reason { get; init; }
}

/// <param name="Id">A pair's id, an example's source, or <c>line 12</c>.</param>
/// <param name="Dataset">The id of the run or the dataset that it is from.</param>
public sealed record DroppedRow(string Id, string Reason, string Dataset = "");
