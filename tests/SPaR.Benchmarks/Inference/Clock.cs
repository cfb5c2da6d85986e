using System.Diagnostics;

namespace SPaR.Benchmarks.Inference;

/// <param name="ProcessorSeconds">CPU time of all threads of the process.</param>
internal readonly record struct Elapsed(double Seconds, double ProcessorSeconds);

/// <summary>Measures wall time and CPU time: on a busy machine they differ.</summary>
internal readonly record struct Clock(long Started, TimeSpan Processor)
{
    public static Clock Start() => new(Stopwatch.GetTimestamp(), Used());

    public Elapsed Read() => new(Stopwatch.GetElapsedTime(Started).TotalSeconds, (Used() - Processor).TotalSeconds);

    private static TimeSpan Used()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
