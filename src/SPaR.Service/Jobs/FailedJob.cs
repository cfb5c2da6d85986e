namespace SPaR.Service.Jobs;

/// <summary>A job that failed on its last attempt and was given up.</summary>
public sealed class FailedJob
{
    public required string Kind { get; init; }

    public required string Key { get; init; }

    public required int Attempts { get; init; }

    public required string Error { get; init; }

    public required DateTimeOffset FailedAt { get; init; }
}
