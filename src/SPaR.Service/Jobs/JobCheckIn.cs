using SPaR.Service.Logging;

namespace SPaR.Service.Jobs;

/// <summary>Tells the other workers that this one lives, for as long as it works on jobs.</summary>
internal sealed class JobCheckIn(JobAttempts attempts, JobOptions options, TimeProvider time, ILogger<JobCheckIn> logger)
    : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await attempts.StopAsync(cancellationToken);
        }
        catch (Exception error) when (error is OperationCanceledException || error.IsDatabaseError())
        {
            // Its attempts count as deaths then, until their subjects come further.
            logger.CheckInFailed(error);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.CheckinSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await attempts.CheckInAsync(stoppingToken);
            }
            catch (Exception error) when (error.IsDatabaseError())
            {
                // Its attempts may count as deaths meanwhile, until it checks in again.
                logger.CheckInFailed(error);
            }
        }
    }
}
