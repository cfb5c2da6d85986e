namespace SPaR.Service.Logging;

/// <summary>Every message that the service logs.</summary>
/// <remarks>An event id is never used for another message. Ranges: service 1000-1999, in hundreds by feature; host 2000-2099;
/// llama.cpp 3000-3099; training processes 4000-4099.</remarks>
internal static partial class Log
{
    private static readonly Func<ILogger, string, IDisposable?> Request = LoggerMessage.DefineScope<string>("request {XRequestId}");

    private static readonly Func<ILogger, string, string, IDisposable?> Job = LoggerMessage.DefineScope<string, string>(
        "job {JobKind} {JobKey}");

    /// <summary>All lines until the end of the scope belong to this request.</summary>
    public static IDisposable? InRequest(this ILogger logger, string id) => Request(logger, id);

    /// <summary>All lines until the end of the scope belong to this job.</summary>
    /// <param name="key">The id of the run, training, evaluation or other that it works on.</param>
    public static IDisposable? InJob(this ILogger logger, string kind, string key) => Job(logger, kind, key);

    [LoggerMessage(1000, LogLevel.Error, "{Method} {Path} failed.")]
    public static partial void RequestFailed(this ILogger logger, Exception error, string method, string path);

    [LoggerMessage(1001, LogLevel.Error, "PostgreSQL does not answer: {Reason}")]
    public static partial void DatabaseUnavailable(this ILogger logger, string reason);

    [LoggerMessage(1002, LogLevel.Error, "A disk is full: {Reason}")]
    public static partial void DiskFull(this ILogger logger, string reason);

    [LoggerMessage(1100, LogLevel.Warning,
        "Keys:Open is set: anyone who can reach this service has full access. It listens on loopback only.")]
    public static partial void OpenMode(this ILogger logger);

    [LoggerMessage(1101, LogLevel.Warning, "There is no live API key, so every request is refused: {How}.")]
    public static partial void NoLiveKey(this ILogger logger, string how);

    [LoggerMessage(1102, LogLevel.Information, "Created key {Key} and wrote it to {File}.")]
    public static partial void KeyFileWritten(this ILogger logger, string key, string file);

    [LoggerMessage(1103, LogLevel.Error, "Could not write the result of {Method} {Path} ({Status}) to the audit log.")]
    public static partial void AuditWriteFailed(this ILogger logger, Exception error, string method, string path, int status);

    [LoggerMessage(1104, LogLevel.Warning, "Deleting old rows failed ({Sweep}); retrying in an hour.")]
    public static partial void SweepFailed(this ILogger logger, Exception error, string sweep);

    [LoggerMessage(1200, LogLevel.Warning, "Job {Kind} {Key} failed on attempt {Attempt}; retrying.")]
    public static partial void JobFailed(this ILogger logger, Exception error, string kind, string key, int attempt);

    [LoggerMessage(1201, LogLevel.Error, "Job {Kind} {Key} failed {Attempts} times; giving up.")]
    public static partial void JobGivenUp(this ILogger logger, Exception error, string kind, string key, int attempts);

    [LoggerMessage(1202, LogLevel.Warning, "Lost the LISTEN connection; reconnecting.")]
    public static partial void SignalsLost(this ILogger logger, Exception error);

    [LoggerMessage(1203, LogLevel.Warning, "Scanning for orphaned work failed; retrying.")]
    public static partial void OrphanScanFailed(this ILogger logger, Exception error);

    [LoggerMessage(1205, LogLevel.Warning, "Reporting what this worker does failed; retrying.")]
    public static partial void ActivityReportFailed(this ILogger logger, Exception error);

    [LoggerMessage(1204, LogLevel.Warning, "Extending this worker's leases failed; retrying.")]
    public static partial void HeartbeatFailed(this ILogger logger, Exception error);

    [LoggerMessage(1205, LogLevel.Information, "Another worker has taken over instruction {Instruction} of run {Run}.")]
    public static partial void LeaseLost(this ILogger logger, string instruction, string run);

    [LoggerMessage(1206, LogLevel.Warning, "Checking in failed; retrying.")]
    public static partial void CheckInFailed(this ILogger logger, Exception error);

    [LoggerMessage(1207, LogLevel.Error, "The process of a model died over job {Kind} {Key}; it is taken up again.")]
    public static partial void ModelProcessDied(this ILogger logger, Exception error, string kind, string key);

    [LoggerMessage(1208, LogLevel.Error, "Job {Kind} {Key} is given up after {Deaths} deaths. {Message}")]
    public static partial void JobKills(this ILogger logger, string kind, string key, int deaths, string message);

    [LoggerMessage(1300, LogLevel.Information,
        "Model {Model} ({Path}, {Bytes} bytes) is not in this worker's folder; downloading it from {Service}.")]
    public static partial void ModelDownloadStarted(this ILogger logger, string model, string path, long bytes, Uri service);

    [LoggerMessage(1301, LogLevel.Information, "Downloaded model {Model} to {Path}.")]
    public static partial void ModelDownloaded(this ILogger logger, string model, string path);

    [LoggerMessage(1400, LogLevel.Error, "Run {Run} failed.")]
    public static partial void RunFailed(this ILogger logger, Exception error, string run);

    [LoggerMessage(1401, LogLevel.Warning, "Preflight of run {Run}: {Warning}")]
    public static partial void PreflightWarned(this ILogger logger, string run, string warning);

    [LoggerMessage(1402, LogLevel.Warning, "Instruction {Instruction} of run {Run} failed.")]
    public static partial void ItemFailed(this ILogger logger, Exception error, string instruction, string run);

    [LoggerMessage(1403, LogLevel.Warning,
        "The constraints of instruction {Instruction} in run {Run} have a form from an older version, so nothing is verified. "
        + "Upload the instruction again with IFEval's constraint ids.")]
    public static partial void ConstraintsUnread(this ILogger logger, string instruction, string run);

    [LoggerMessage(1404, LogLevel.Warning, "Run {Run} is stalled ({Code}): {Detail}")]
    public static partial void RunStalled(this ILogger logger, string run, string code, string detail);

    [LoggerMessage(1405, LogLevel.Warning, "Looking for stalled runs failed; retrying.")]
    public static partial void StallScanFailed(this ILogger logger, Exception error);

    [LoggerMessage(1500, LogLevel.Error, "Evaluation {Evaluation} failed.")]
    public static partial void EvaluationFailed(this ILogger logger, Exception error, string evaluation);

    [LoggerMessage(1501, LogLevel.Warning, "Item {Key} of evaluation {Evaluation} failed.")]
    public static partial void EvaluationItemFailed(this ILogger logger, Exception error, string key, string evaluation);

    [LoggerMessage(1600, LogLevel.Error, "Training run {Run} failed.")]
    public static partial void TrainingFailed(this ILogger logger, Exception error, string run);

    [LoggerMessage(1700, LogLevel.Error, "Conversion {Conversion} failed.")]
    public static partial void ConversionFailed(this ILogger logger, Exception error, string conversion);

    [LoggerMessage(1800, LogLevel.Warning, "Live request {Request} failed.")]
    public static partial void LiveRequestFailed(this ILogger logger, Exception error, string request);

    [LoggerMessage(1801, LogLevel.Information, "Another worker has the live request {Request}, or nobody waits for it any more.")]
    public static partial void LiveLeaseLost(this ILogger logger, string request);

    [LoggerMessage(1802, LogLevel.Warning, "Looking for live requests failed; retrying.")]
    public static partial void LiveStepFailed(this ILogger logger, Exception error);

    [LoggerMessage(1803, LogLevel.Warning, "The live request {Request} could not be kept open; retrying.")]
    public static partial void LiveWatchFailed(this ILogger logger, Exception error, string request);

    [LoggerMessage(1804, LogLevel.Warning, "Could not delete old live requests; retrying.")]
    public static partial void LiveSweepFailed(this ILogger logger, Exception error);

    [LoggerMessage(1601, LogLevel.Information, "Training run {Run}: started a trainer process in {Folder}.")]
    public static partial void TrainerStarted(this ILogger logger, string run, string folder);

    [LoggerMessage(1602, LogLevel.Warning, "The trainer process of training run {Run} died; starting another one (restart {Restart}).")]
    public static partial void TrainerDied(this ILogger logger, string run, int restart);

    [LoggerMessage(1603, LogLevel.Information,
        "Training run {Run} was cancelled and its process did not exit within {GraceSeconds} s; killing it.")]
    public static partial void TrainerKilled(this ILogger logger, string run, double graceSeconds);

    [LoggerMessage(1604, LogLevel.Warning, "Could not clean up the training folder {Folder}; trying again.")]
    public static partial void TrainingSweepFailed(this ILogger logger, Exception error, string folder);
}
