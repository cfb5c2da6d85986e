namespace SPaR.Service.Models;

/// <summary>Runs what may block for as long as a disk does. The thread pool answers requests, so none of its threads waits for that
/// disk.</summary>
internal static class DedicatedThread
{
    public static Task<T> RunAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
