namespace SPaR.Service.Trainings;

/// <summary>Messages for a training disk that is full or fails.</summary>
internal static class TrainingDisk
{
    /// <summary>With less than this, in bytes, the disk counts as full.</summary>
    private const long Least = 64 << 10;

    public static bool IsFull(string folder) => new DriveInfo(folder).AvailableFreeSpace < Least;

    public static string Full(string runId, string folder) =>
        $"The disk that holds {folder} is full ({new DriveInfo(folder).AvailableFreeSpace} bytes are free), and the training process died "
        + $"of it. {Next(runId, folder)}";

    public static string Failed(string runId, string folder, string reason) =>
        $"Writing or reading in {folder} failed: {reason} {Next(runId, folder)}";

    private static string Next(string runId, string folder)
    {
        var checkpoints = Path.Combine(folder, TrainingFolder.Checkpoints);
        var last = Directory.Exists(checkpoints) ? Directory.EnumerateDirectories(checkpoints, "step-*").Max(StringComparer.Ordinal) : null;
        return $"{(last is null ? "There is no checkpoint yet." : $"The checkpoint {Path.GetFileName(last)} is intact.")} Make room or "
            + $"allow writing there, then POST /v1/training-runs/{runId}/resume.";
    }
}
