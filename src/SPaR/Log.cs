using Microsoft.Extensions.Logging;

namespace SPaR;

/// <summary>Every log line of the service.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL does not answer: {Reason}")]
    public static partial void DatabaseUnavailable(ILogger logger, string reason);
}
