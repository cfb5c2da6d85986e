using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Live;

/// <summary>Limits of live requests: refinements and chat completions that a client waits for.</summary>
public sealed class LiveOptions
{
    public const string Section = "Live";

    /// <summary>Live requests that wait or are worked on at a time, 1 to 10,000; one more is refused.</summary>
    [Range(1, 10_000)]
    public int MaxOpen { get; set; } = 64;

    /// <summary>Live requests that a worker works on at a time, 1 to 1024.</summary>
    [Range(1, 1024)]
    public int Concurrent { get; set; } = 16;

    /// <summary>Seconds that a live request waits for a worker, 0.1 to 3600; then it fails.</summary>
    [Range(0.1, 3600)]
    public double WaitSeconds { get; set; } = 30;

    /// <summary>Most tokens of one answer, critique or refinement, 1 to 131,072.</summary>
    [Range(1, 131_072)]
    public int MaxTokens { get; set; } = 4096;

    /// <summary>Minutes that a live request is kept after its end, 0 to 525,600.</summary>
    [Range(0, 525_600)]
    public double KeepMinutes { get; set; } = 60;
}
