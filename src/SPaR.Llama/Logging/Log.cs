using Microsoft.Extensions.Logging;

namespace SPaR.Llama.Logging;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "llama.cpp: {Line}")]
    public static partial void NativeDetail(this ILogger logger, string line);

    [LoggerMessage(2, LogLevel.Warning, "llama.cpp: {Line}")]
    public static partial void NativeWarning(this ILogger logger, string line);

    [LoggerMessage(3, LogLevel.Information,
        "Loaded {Model}: {Cells} KV cells for {Sequences} sequences, {ContextTokens} tokens a request, {Threads} threads, up to {Apart} sequences one by one")]
    public static partial void ModelLoaded(
        this ILogger logger, string model, int cells, int sequences, int contextTokens, int threads, int apart);

    [LoggerMessage(4, LogLevel.Information, "Freed {Model}")]
    public static partial void ModelFreed(this ILogger logger, string model);

    [LoggerMessage(6, LogLevel.Warning,
        "Llama:ContextTokens is {ContextTokens}, but {Path} was trained with {Trained}: longer texts may come out senseless")]
    public static partial void ContextBeyondTraining(this ILogger logger, string path, int contextTokens, int trained);

    [LoggerMessage(9, LogLevel.Information,
        "Memory of {Model}, planned and used, in MiB: weights {Weights:F2} {WeightsUsed:F2}, adapter {Adapter:F2} {AdapterUsed:F2}, "
        + "KV cells {Cells:F2} {CellsUsed:F2}, computing {Compute:F2} {ComputeUsed:F2}, logits {Outputs:F2} {OutputsUsed:F2}")]
    public static partial void MemoryCompared(
        this ILogger logger, string model, double weights, double weightsUsed, double adapter, double adapterUsed, double cells,
        double cellsUsed, double compute, double computeUsed, double outputs, double outputsUsed);

    [LoggerMessage(5, LogLevel.Warning, "A step of {Model} failed; its requests fail with it")]
    public static partial void StepFailed(this ILogger logger, Exception exception, string model);

    [LoggerMessage(10, LogLevel.Information, "Process {Process} has loaded {Model}")]
    public static partial void ProcessStarted(this ILogger logger, string model, int process);

    [LoggerMessage(11, LogLevel.Warning, "{Reason} Process {Process} had loaded {Model}; starting another one")]
    public static partial void ProcessEnded(this ILogger logger, string model, int process, string reason);

    [LoggerMessage(12, LogLevel.Information, "Stopped process {Process} of {Model}")]
    public static partial void ProcessStopped(this ILogger logger, string model, int process);
}
