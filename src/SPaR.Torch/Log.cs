using Microsoft.Extensions.Logging;

namespace SPaR.Torch;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "There is no training folder {Folder}; --folder names one with job.json and data.ndjson")]
    public static partial void NoFolder(this ILogger logger, string folder);

    [LoggerMessage(2, LogLevel.Error, "Another process trains in {Folder}; wait for it, or stop it with the file 'stop' there")]
    public static partial void FolderInUse(this ILogger logger, string folder);

    [LoggerMessage(3, LogLevel.Error, "Training failed ({Code}): {Reason}")]
    public static partial void TrainingFailed(this ILogger logger, Exception exception, string code, string reason);

    [LoggerMessage(4, LogLevel.Information, "{Rows} rows to train on, {Dropped} dropped; {Steps} steps, going on after step {Done}")]
    public static partial void TrainingStarts(this ILogger logger, int rows, int dropped, long steps, long done);

    [LoggerMessage(5, LogLevel.Information, "Stopped on request after step {Step} of {Steps}")]
    public static partial void TrainingStopped(this ILogger logger, long step, long steps);

    [LoggerMessage(7, LogLevel.Information, "Checkpoint after step {Step} of {Steps}, loss {Loss:0.####}")]
    public static partial void CheckpointWritten(this ILogger logger, long step, long steps, double loss);

    [LoggerMessage(6, LogLevel.Information, "Finished {Steps} steps")]
    public static partial void TrainingFinished(this ILogger logger, long steps);
}
