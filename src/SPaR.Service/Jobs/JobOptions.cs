using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Jobs;

/// <summary>How jobs run.</summary>
public sealed class JobOptions
{
    /// <summary>Each retry delay is this many times the previous one.</summary>
    internal const int RetryFactor = 3;

    internal static readonly TimeSpan LongestRetryDelay = TimeSpan.FromHours(1);

    /// <summary>Jobs that one worker runs at the same time, 1 to 64.</summary>
    [Range(1, 64)]
    public int Concurrent { get; set; } = 4;

    /// <summary>Retries of a failing job before it is given up, 1 to 20.</summary>
    [Range(1, 20)]
    public int Retries { get; set; } = 4;

    /// <summary>Initial retry delay, 0.1 to 3600 s; triples each time, up to an hour.</summary>
    [Range(0.1, 3600)]
    public double RetrySeconds { get; set; } = 5;

    /// <summary>How often a worker checks in, 1 to 60 s; after three missed check-ins its jobs go to another worker.</summary>
    [Range(1, 60)]
    public int CheckinSeconds { get; set; } = 5;

    /// <summary>Unfinished runs that users may have at a time, and as many trainings and evaluations, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxUnfinished { get; set; } = 1000;

    internal TimeSpan DeadAfter => TimeSpan.FromSeconds(3 * CheckinSeconds);
}
