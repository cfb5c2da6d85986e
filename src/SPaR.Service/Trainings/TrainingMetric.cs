using System.Text.Json.Nodes;

namespace SPaR.Service.Trainings;

/// <summary>The metrics of one optimiser step, under TRL's names.</summary>
public sealed class TrainingMetric
{
    public required string TrainingRunId { get; init; }

    public required int Step { get; init; }

    public required JsonNode Values { get; init; }

    /// <summary>When the supervisor read it.</summary>
    public required DateTimeOffset ReadAt { get; init; }
}
