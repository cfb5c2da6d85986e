using System.Runtime.InteropServices;
using SPaR.Torch.Training;

namespace SPaR.Host;

/// <summary>The process of one training run, <c>--role trainer --folder DIR</c>: no database, no HTTP. Ends with 0 when finished, 3
/// when stopped on request (a <c>stop</c> file, SIGTERM or Ctrl-C), 1 when failed.</summary>
internal static class TrainerRole
{
    private const int Finished = 0, Failed = 1, Stopped = 3;

    public static bool IsAsked(IConfiguration configuration) =>
        string.Equals(configuration["role"], "trainer", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="StartupException">No folder is given.</exception>
    public static int Run(IConfiguration configuration)
    {
        var folder = configuration["folder"] is { Length: > 0 } given
            ? Path.GetFullPath(given)
            : throw new StartupException("--role trainer needs --folder: the folder with the run's job.json and data.ndjson.");
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
        return Trainer.Run(folder, logging.CreateLogger("SPaR.Torch.Training"), stop.Token) switch
        {
            TrainingEnd.Finished => Finished,
            TrainingEnd.Stopped => Stopped,
            _ => Failed,
        };
    }
}
