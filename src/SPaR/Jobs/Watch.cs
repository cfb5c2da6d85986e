using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SPaR.Jobs;

/// <summary>Looks every two seconds, for as long as the worker runs, for work that whatever crashed between two steps has left without a
/// job. Every worker has one of each kind; what two of them do at once is done once.</summary>
internal abstract class Watch(TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Whatever went wrong with this look, the next one starts afresh.
                Log.WatchFailed(logger, error);
            }

            await PauseAsync(Interval, stoppingToken);
        }
    }

    /// <summary>Finds what nobody works on, and enqueues it.</summary>
    protected abstract Task LookAsync(CancellationToken cancellationToken);

    /// <param name="atMost">A look may come sooner.</param>
    protected virtual Task PauseAsync(TimeSpan atMost, CancellationToken cancellationToken) => Task.Delay(atMost, time, cancellationToken);
}
