using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Worker;

/// <summary>How a worker works on runs and evaluations.</summary>
public sealed class WorkerOptions
{
    public const string Section = "Worker";

    /// <summary>How it shows in rows and logs; the machine's name by default.</summary>
    public string? Name { get; set; }

    /// <summary>Instructions of one run, or items of one evaluation, that it works on at a time, 1 to 4096; by default enough to fill the engine.</summary>
    [Range(1, 4096)]
    public int? InFlight { get; set; }

    /// <summary>After this long without a sign of life its instructions pass on, 3 to 3600.</summary>
    [Range(3, 3600)]
    public double LeaseSeconds { get; set; } = 30;

    /// <summary>A job that has worked for this long ends and lets a successor go on, 1 to 86,400.</summary>
    [Range(1, 86_400)]
    public double ShareSeconds { get; set; } = 300;

    /// <summary>A model that nothing has used for this long is unloaded, 0 to 86,400.</summary>
    [Range(0, 86_400)]
    public double IdleModelSeconds { get; set; } = 60;

    /// <summary>The folder that holds every model file.</summary>
    [Required(ErrorMessage = "Worker:ModelsFolder (or Models:Folder) is not set; name the folder that holds the model files.")]
    public string ModelsFolder { get; set; } = "";

    internal TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    internal TimeSpan Slice => TimeSpan.FromSeconds(ShareSeconds);
}
