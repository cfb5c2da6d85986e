namespace SPaR.Service.Trainings;

/// <summary>The folder of a deleted training run, until the worker that has it removes it.</summary>
public sealed class TrainingFolderRemoval
{
    public required string TrainingRunId { get; init; }

    /// <summary>The training folder that it is in (<see cref="TrainingDirectory"/>).</summary>
    public required string FolderId { get; init; }
}
