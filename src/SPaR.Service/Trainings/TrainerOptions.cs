using System.ComponentModel.DataAnnotations;

namespace SPaR.Service.Trainings;

/// <summary>Where and how training runs.</summary>
public sealed class TrainerOptions
{
    public const string Section = "Training";

    /// <summary>Holds a folder per training run; absolute once bound.</summary>
    [Required(ErrorMessage = "Training:Folder is not set; name the folder that training may write to.")]
    public string Folder { get; set; } = ".spar/training";

    /// <summary>Trainings that this worker supervises at a time, 1 to 64; each uses the whole machine.</summary>
    [Range(1, 64)]
    public int Concurrent { get; set; } = 1;

    /// <summary>The device of this worker's trainings: <c>cpu</c>, <c>cuda</c> (the first device) or <c>cuda:N</c>. A training may
    /// resume from its checkpoint on another one.</summary>
    public string Device { get; set; } = "cpu";

    /// <summary>The program and its arguments, to which the folder is appended; by default this program in the role of trainer.</summary>
    public IList<string> Command { get; } = [];

    /// <summary>Seconds that a cancelled training has to exit before its process is killed, 0 to 3,600.</summary>
    [Range(0, 3600)]
    public double CancelGraceSeconds { get; set; } = 10;

    /// <summary>Days that the folder of a training run is kept after its end, 0 to 3,650. Until then one that failed can resume from its
    /// last checkpoint; the checkpoints of one that succeeded are removed at once.</summary>
    [Range(0, 3650)]
    public double KeepDays { get; set; } = 7;

    /// <summary>The name of this machine; a training run belongs to the machine that started it. Set it where the host name changes, as a
    /// container's does.</summary>
    [Required(ErrorMessage = "Training:Machine is empty; give the machine a name or leave the setting out.")]
    public string Machine { get; set; } = Environment.MachineName;

    public string FolderOf(string runId) => Path.Combine(Folder, runId);
}
