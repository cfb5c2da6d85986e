using System.Runtime.InteropServices;
using SPaR.Torch.Training;

namespace SPaR.Host;

/// <summary>One training in this very process, until it ends or the process is asked to end.</summary>
internal static class TrainingProcess
{
    public const int Finished = 0, Failed = 1, Stopped = 3;

    /// <summary>Trains on a folder; SIGTERM and Ctrl-C make it stop after the step in progress, with a checkpoint.</summary>
    /// <param name="device">As <c>Training:Device</c> has it.</param>
    /// <returns>What the process is to end with.</returns>
    public static int Run(string folder, string device = "cpu")
    {
        using var stop = new CancellationTokenSource();
        void Ask(PosixSignalContext signal)
        {
            // The step in progress ends first, with a checkpoint after it.
            signal.Cancel = true;
            stop.Cancel();
        }

        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
        using var logging = LoggerFactory.Create(l => l.AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
        return Trainer.Run(folder, logging.CreateLogger("SPaR.Torch.Training"), stop.Token, device) switch
        {
            TrainingEnd.Finished => Finished,
            TrainingEnd.Stopped => Stopped,
            _ => Failed,
        };
    }
}
