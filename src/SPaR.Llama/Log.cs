using Microsoft.Extensions.Logging;

namespace SPaR.Llama;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "llama.cpp: {Line}")]
    public static partial void NativeDetail(this ILogger logger, string line);

    [LoggerMessage(2, LogLevel.Warning, "llama.cpp: {Line}")]
    public static partial void NativeWarning(this ILogger logger, string line);

    [LoggerMessage(3, LogLevel.Information,
        "Loaded {Path}: {Cells} KV cells for {Sequences} sequences, {ContextTokens} tokens a request, {Threads} threads")]
    public static partial void ModelLoaded(this ILogger logger, string path, int cells, int sequences, int contextTokens, int threads);

    [LoggerMessage(4, LogLevel.Information, "Freed {Path}")]
    public static partial void ModelFreed(this ILogger logger, string path);

    [LoggerMessage(6, LogLevel.Warning,
        "Llama:ContextTokens is {ContextTokens}, but {Path} was trained with {Trained}: longer texts may come out senseless")]
    public static partial void ContextBeyondTraining(this ILogger logger, string path, int contextTokens, int trained);

    [LoggerMessage(5, LogLevel.Warning, "A step of {Path} failed; its requests fail with it")]
    public static partial void StepFailed(this ILogger logger, Exception exception, string path);
}
