using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Worker;

/// <summary>How a worker works on runs and evaluations.</summary>
public sealed class WorkerOptions
{
    public const string Section = "Worker";

    /// <summary>Its name in rows and logs; the machine's by default.</summary>
    public string? Name { get; set; }

    /// <summary>Instructions of one run, or items of one evaluation, in flight at a time, 1 to 4096; by default enough to fill the
    /// engine.</summary>
    [Range(1, 4096)]
    public int? InFlight { get; set; }

    /// <summary>Seconds without a heartbeat after which other workers may take its instructions, 3 to 3600.</summary>
    [Range(3, 3600)]
    public double LeaseSeconds { get; set; } = 30;

    /// <summary>Seconds after which a job hands on to a successor, 1 to 86,400.</summary>
    [Range(1, 86_400)]
    public double SliceSeconds { get; set; } = 300;

    /// <summary>Seconds after which an unused model is unloaded, 0 to 86,400.</summary>
    [Range(0, 86_400)]
    public double IdleModelSeconds { get; set; } = 60;

    internal TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    internal TimeSpan Slice => TimeSpan.FromSeconds(SliceSeconds);
}
