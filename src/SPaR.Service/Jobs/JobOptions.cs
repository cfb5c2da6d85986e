using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Jobs;

/// <summary>How jobs are run.</summary>
public sealed class JobOptions
{
    /// <summary>Each wait before a retry is this many times the previous one.</summary>
    internal const int RetryFactor = 3;

    internal static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    /// <summary>Jobs that one worker runs at a time, 1 to 64.</summary>
    [Range(1, 64)]
    public int Concurrent { get; set; } = 4;

    /// <summary>How often a failing job is tried again before it is given up, 1 to 20.</summary>
    [Range(1, 20)]
    public int Retries { get; set; } = 4;

    /// <summary>The wait before the first retry, 0.1 to 3600; each further wait is three times as long, up to an hour.</summary>
    [Range(0.1, 3600)]
    public double RetrySeconds { get; set; } = 5;

    /// <summary>How often a worker checks in, 1 to 60; after three times as long without a sign its jobs pass to another worker.</summary>
    [Range(1, 60)]
    public int CheckinSeconds { get; set; } = 5;
}
