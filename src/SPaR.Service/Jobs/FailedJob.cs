namespace SPaR.Service.Jobs;

/// <summary>A job that failed on its last attempt and was given up.</summary>
public sealed class FailedJob
{
    internal const string ProcessDied = "process-died", JobFailed = "job-failed";

    public required string Kind { get; init; }

    public required string Key { get; init; }

    public required int Attempts { get; init; }

    /// <summary><c>process-died</c>: each attempt ended with the death of a process; <c>job-failed</c>: each with an error.</summary>
    public required string Code { get; init; }

    public required string Error { get; init; }

    public required DateTimeOffset FailedAt { get; init; }
}
