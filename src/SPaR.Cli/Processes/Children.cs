using System.Collections.Concurrent;
using System.Diagnostics;

namespace SPaR.Cli.Processes;

/// <summary>Starts processes that end with this one, however it ends. Does not know what they do.</summary>
/// <remarks>The kernel signals a child when the thread that started it ends (PR_SET_PDEATHSIG, set by setpriv), so one
/// thread that lives as long as the process starts them all. Watching standard input instead would need code in every program,
/// PostgreSQL included, and a watching shell could itself be killed. Each child gets its own session (setsid), so that Ctrl-C reaches
/// this process only and it decides in which order they stop.</remarks>
internal static class Children
{
    private static readonly BlockingCollection<Action> Requests = StartThread();

    /// <summary>Starts a program; its process id is the returned process's.</summary>
    /// <param name="start">The program with its redirections.</param>
    /// <param name="deathSignal">The signal it gets when this process dies: <c>TERM</c>, <c>INT</c>, …</param>
    /// <param name="setprivArguments">Further arguments of setpriv, such as the user to run as.</param>
    public static Task<Process> StartAsync(ProcessStartInfo start, string deathSignal, IEnumerable<string> setprivArguments)
    {
        if (OperatingSystem.IsLinux())
        {
            string[] wrapped = ["setpriv", "--pdeathsig", deathSignal, .. setprivArguments, "--", start.FileName, .. start.ArgumentList];
            start.FileName = "setsid";
            start.ArgumentList.Clear();
            foreach (var argument in wrapped)
                start.ArgumentList.Add(argument);
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                started.SetException(e);
            }
        });
        return started.Task;
    }

    private static BlockingCollection<Action> StartThread()
    {
        var requests = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var request in requests.GetConsumingEnumerable())
                request();
        })
        { IsBackground = true, Name = "starts child processes" }.Start();
        return requests;
    }
}
