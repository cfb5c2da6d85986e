using SPaR.Service.Logging;

namespace SPaR.Service.Storage;

/// <summary>Deletes rows that are older than they are kept, once an hour.</summary>
internal abstract class HourlySweep(TimeProvider time, ILogger logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>How long rows are kept.</summary>
    protected abstract TimeSpan Kept { get; }

    protected abstract Task DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await DeleteBeforeAsync(time.GetUtcNow() - Kept, stoppingToken);
            }
            catch (Exception e) when (e.IsDatabaseError())
            {
                logger.SweepFailed(e, GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
