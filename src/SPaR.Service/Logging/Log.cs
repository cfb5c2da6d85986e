using Microsoft.Extensions.Logging;

namespace SPaR.Service.Logging;

/// <summary>Every line that the service logs.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Kind} {Key} failed at attempt {Attempt}; it will be retried.")]
    public static partial void JobFailed(ILogger logger, Exception error, string kind, string key, int attempt);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Kind} {Key} failed {Attempts} times and was given up.")]
    public static partial void JobGivenUp(ILogger logger, Exception error, string kind, string key, int attempts);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    public static partial void RequestFailed(ILogger logger, Exception error, string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL does not answer: {Reason}")]
    public static partial void DatabaseUnavailable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection that hears of changed runs broke; it is opened again.")]
    public static partial void SignalsLost(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for what nobody works on failed; it is done again.")]
    public static partial void WatchFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Prolonging this worker's leases failed; it is tried again.")]
    public static partial void HeartbeatFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {Run} cannot go on.")]
    public static partial void RunFailed(ILogger logger, Exception error, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}, before the start: {Warning}")]
    public static partial void PreflightWarned(ILogger logger, string run, string warning);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Instruction {Instruction} of run {Run} failed.")]
    public static partial void ItemFailed(ILogger logger, Exception error, string instruction, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Instruction {Instruction} of run {Run} has constraints of a form that cannot be checked, from before that was refused; nothing is verified. Submit it again with IFEval's ids.")]
    public static partial void ConstraintsUnread(ILogger logger, string instruction, string run);

    [LoggerMessage(Level = LogLevel.Information, Message = "Instruction {Instruction} of run {Run} has passed on to another worker.")]
    public static partial void LeaseLost(ILogger logger, string instruction, string run);

    [LoggerMessage(Level = LogLevel.Error, Message = "Evaluation {Evaluation} cannot go on.")]
    public static partial void EvaluationFailed(ILogger logger, Exception error, string evaluation);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Item {Key} of evaluation {Evaluation} failed.")]
    public static partial void EvaluationItemFailed(ILogger logger, Exception error, string key, string evaluation);

    [LoggerMessage(Level = LogLevel.Error, Message = "Training run {Run} cannot go on.")]
    public static partial void TrainingFailed(ILogger logger, Exception error, string run);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Run}: a process works in {Folder}.")]
    public static partial void TrainerStarted(ILogger logger, string run, string folder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The process of training run {Run} died the {Time}. time and is started again.")]
    public static partial void TrainerDied(ILogger logger, string run, int time);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Training run {Run} is cancelled; its process did not end in {Grace} s and is killed.")]
    public static partial void TrainerKilled(ILogger logger, string run, double grace);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Keys:Open is set: whoever reaches this service may do everything. It listens on loopback only.")]
    public static partial void Open(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no live key, so nobody is let in: {How}.")]
    public static partial void NoKeys(ILogger logger, string how);

    [LoggerMessage(Level = LogLevel.Information, Message = "The key {Key} is made and kept in {File}.")]
    public static partial void KeyKept(ILogger logger, string key, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "The end of {Method} {Path} ({Status}) could not be written to the audit log.")]
    public static partial void AuditLost(ILogger logger, Exception error, string method, string path, int status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is old could not be taken from the audit log; it is tried again in an hour.")]
    public static partial void AuditSweepFailed(ILogger logger, Exception error);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The model {Model} ({Path}, {Bytes} bytes) is not in this worker's folder and is fetched from {Service}.")]
    public static partial void ModelWanted(ILogger logger, string model, string path, long bytes, Uri service);

    [LoggerMessage(Level = LogLevel.Information, Message = "The model {Model} is there: {Path}.")]
    public static partial void ModelFetched(ILogger logger, string model, string path);
}
