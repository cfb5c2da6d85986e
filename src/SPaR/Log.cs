using Microsoft.Extensions.Logging;

namespace SPaR;

/// <summary>Every line that the service logs.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Kind} {Key} failed the {Attempt}. time and is tried again.")]
    public static partial void JobFailed(ILogger logger, Exception error, string kind, string key, int attempt);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Kind} {Key} failed {Attempts} times and is given up.")]
    public static partial void JobGivenUp(ILogger logger, Exception error, string kind, string key, int attempts);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    public static partial void RequestFailed(ILogger logger, Exception error, string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL does not answer: {Reason}")]
    public static partial void DatabaseUnavailable(ILogger logger, string reason);
}
