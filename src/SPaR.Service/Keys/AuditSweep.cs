using SPaR.Service.Logging;

namespace SPaR.Service.Keys;

/// <summary>Deletes audit entries older than <see cref="KeysOptions.AuditDays"/>, once an hour.</summary>
internal sealed class AuditSweep(AuditStore store, IOptions<KeysOptions> options, TimeProvider time, ILogger<AuditSweep> logger)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await store.DeleteBeforeAsync(time.GetUtcNow() - TimeSpan.FromDays(options.Value.AuditDays), stoppingToken);
            }
            catch (Exception e) when (e.IsDatabaseError())
            {
                logger.AuditSweepFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
