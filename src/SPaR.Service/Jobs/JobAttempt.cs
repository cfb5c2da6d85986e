namespace SPaR.Service.Jobs;

/// <summary>A worker's attempt at a job. Its row is deleted when the attempt ends, however it ends; one that stays tells of a process that
/// died over the job.</summary>
public sealed class JobAttempt
{
    /// <summary><c>att_…</c></summary>
    public required string Id { get; init; }

    public required string Kind { get; init; }

    public required string Key { get; init; }

    /// <summary>How far the subject had come when the attempt began.</summary>
    public required long Progress { get; init; }

    /// <summary>When its worker last checked in.</summary>
    public required DateTimeOffset SeenAt { get; init; }

    /// <summary>When the process of a model died; null while the attempt runs, and where the worker itself died.</summary>
    public DateTimeOffset? DiedAt { get; init; }

    /// <summary>What the process of a model wrote last.</summary>
    public string? LastWords { get; init; }
}
