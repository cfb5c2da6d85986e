using Microsoft.Extensions.Logging;

namespace SPaR.Torch;

/// <summary>Every line that the trainer logs. Event ids 4000 to 4099 are this project's.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 4000, Level = LogLevel.Error,
        Message = "Training folder {Folder} does not exist. Set --folder to one with job.json and data.ndjson.")]
    public static partial void FolderNotFound(this ILogger logger, string folder);

    [LoggerMessage(EventId = 4001, Level = LogLevel.Error,
        Message = "Another process is training in {Folder}. Wait for it, or stop it by creating the file 'stop' there.")]
    public static partial void FolderInUse(this ILogger logger, string folder);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Error, Message = "Training failed ({Code}): {Reason}")]
    public static partial void TrainingFailed(this ILogger logger, Exception exception, string code, string reason);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Information,
        Message = "Training on {Rows} rows ({HeldOut} held out, {Dropped} dropped); starting after step {Done} of {Steps}.")]
    public static partial void TrainingStarted(this ILogger logger, int rows, int heldOut, int dropped, long done, long steps);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Information,
        Message = "Wrote the checkpoint of step {Step} of {Steps}; loss {Loss:0.####}.")]
    public static partial void CheckpointWritten(this ILogger logger, long step, long steps, double loss);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Information, Message = "Stopped on request after step {Step} of {Steps}.")]
    public static partial void TrainingStopped(this ILogger logger, long step, long steps);

    [LoggerMessage(EventId = 4006, Level = LogLevel.Information, Message = "Finished all {Steps} steps.")]
    public static partial void TrainingFinished(this ILogger logger, long steps);

    [LoggerMessage(EventId = 4007, Level = LogLevel.Information, Message = "The training is planned to take {Plan} of memory.")]
    public static partial void MemoryPlanned(this ILogger logger, object plan);

    [LoggerMessage(EventId = 4008, Level = LogLevel.Information,
        Message = "The process took {Used} bytes of memory at most; planned were {Planned}.")]
    public static partial void MemoryUsed(this ILogger logger, long used, long planned);
}
