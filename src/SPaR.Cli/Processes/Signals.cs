using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SPaR.Cli.Processes;

/// <summary>Asks processes to end; .NET can only kill them.</summary>
internal static class Signals
{
    private const int Terminate = 15;

    /// <summary>Sends SIGTERM, and SIGKILL if the process still runs after the grace period.</summary>
    public static async Task StopAsync(Process process, TimeSpan grace)
    {
        // The process has not been reaped, so its id cannot belong to another one.
        if (process.HasExited)
            return;
        _ = Kill(process.Id, Terminate);
        try
        {
            using var timeout = new CancellationTokenSource(grace);
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
