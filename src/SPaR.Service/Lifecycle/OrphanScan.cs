using SPaR.Service.Logging;

namespace SPaR.Service.Lifecycle;

/// <summary>Scans every two seconds for work that a crash between two steps left without a job, and enqueues it. Every worker runs one
/// scan of each kind; work that two of them find at once gets one job.</summary>
internal abstract class OrphanScan(TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await ScanAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // The next scan starts from scratch.
                logger.OrphanScanFailed(error);
            }

            await PauseAsync(Interval, stoppingToken);
        }
    }

    /// <summary>Finds work without a job, and enqueues it.</summary>
    protected abstract Task ScanAsync(CancellationToken cancellationToken);

    /// <param name="atMost">The next scan may start sooner.</param>
    protected virtual Task PauseAsync(TimeSpan atMost, CancellationToken cancellationToken) => Task.Delay(atMost, time, cancellationToken);
}
