using Microsoft.Extensions.Logging;

namespace SPaR.Llama.Logging;

/// <summary>Every line that the engine logs. Event ids: 3000 to 3099.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Debug, "llama.cpp: {Line}")]
    public static partial void NativeDetail(this ILogger logger, string line);

    [LoggerMessage(3001, LogLevel.Warning, "llama.cpp: {Line}")]
    public static partial void NativeWarning(this ILogger logger, string line);

    [LoggerMessage(3010, LogLevel.Information,
        "Loaded {Model}: {Cells} KV cells, {Sequences} sequences, {ContextTokens} context tokens, {Threads} threads, "
        + "batching above {UnbatchedUpTo} sequences.")]
    public static partial void ModelLoaded(
        this ILogger logger, string model, int cells, int sequences, int contextTokens, int threads, int unbatchedUpTo);

    [LoggerMessage(3011, LogLevel.Information,
        "Memory of {Model}, planned and used, in MiB: weights {Weights:F2} {WeightsUsed:F2}, adapter {Adapter:F2} {AdapterUsed:F2}, "
        + "KV cells {Cells:F2} {CellsUsed:F2}, computing {Compute:F2} {ComputeUsed:F2}, logits {Outputs:F2} {OutputsUsed:F2}")]
    public static partial void MemoryCompared(
        this ILogger logger, string model, double weights, double weightsUsed, double adapter, double adapterUsed, double cells,
        double cellsUsed, double compute, double computeUsed, double outputs, double outputsUsed);

    [LoggerMessage(3012, LogLevel.Warning,
        "Llama:ContextTokens is {ContextTokens}, but {Path} was trained with {Trained}. Longer texts may make no sense; lower it.")]
    public static partial void ContextBeyondTraining(this ILogger logger, string path, int contextTokens, int trained);

    [LoggerMessage(3013, LogLevel.Information, "Unloaded {Model}.")]
    public static partial void ModelUnloaded(this ILogger logger, string model);

    [LoggerMessage(3020, LogLevel.Warning, "A step of {Model} failed, and its requests with it.")]
    public static partial void StepFailed(this ILogger logger, Exception exception, string model);

    [LoggerMessage(3030, LogLevel.Information, "Process {Process} has loaded {Model}.")]
    public static partial void ProcessStarted(this ILogger logger, string model, int process);

    [LoggerMessage(3031, LogLevel.Warning, "Process {Process} of {Model} died; starting another. {Reason}")]
    public static partial void ProcessDied(this ILogger logger, string model, int process, string reason);

    [LoggerMessage(3032, LogLevel.Information, "Stopped process {Process} of {Model}.")]
    public static partial void ProcessStopped(this ILogger logger, string model, int process);
}
