using System.Runtime.InteropServices;
using SPaR.Torch.Training;

namespace SPaR.Host;

/// <summary>Runs one training in this process until it ends or is stopped.</summary>
internal static class TrainingProcess
{
    public const int Finished = 0, Failed = 1, Stopped = 3;

    /// <summary>Trains on a folder; SIGTERM and Ctrl-C make it stop after the step in progress, with a checkpoint.</summary>
    /// <param name="device">As in <c>Training:Device</c>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string folder, string device = "cpu")
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            // Not yet: the current step and its checkpoint come first.
            signal.Cancel = true;
            stop.Cancel();
        }

        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var logging = LoggerFactory.Create(l => l.AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
        return Trainer.Run(folder, logging.CreateLogger("SPaR.Torch.Training"), stop.Token, device) switch
        {
            TrainingEnd.Finished => Finished,
            TrainingEnd.Stopped => Stopped,
            _ => Failed,
        };
    }
}
