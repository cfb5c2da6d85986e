using SPaR.Method;
using SPaR.Service.Events;
using SPaR.Service.Items;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Rounds;

namespace SPaR.Service.Runs;

/// <summary>Looks twice a minute for runs that make no progress, and adds one event each time a run stalls.</summary>
internal sealed class StallScan(IDbContextFactory<SparDb> databases, TimeProvider time, ILogger<StallScan> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ScanAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // The next scan starts from scratch.
                logger.StallScanFailed(error);
            }
        }
    }

    internal async Task ScanAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var runs = await db.Runs.AsNoTracking().Where(r => r.Status == RunStatus.Queued || r.Status == RunStatus.Running)
            .ToListAsync(cancellationToken);
        var activities = await Activity.ReadAsync(db, [.. runs.Select(r => r.Id)], cancellationToken);
        foreach (var run in runs)
        {
            var round = await RoundStore.CurrentAsync(db, run.Id, cancellationToken);
            if (await Stalled.FindAsync(db, run, round, activities.GetValueOrDefault(run.Id), cancellationToken) is { } stalled
                && await ReportAsync(run.Id, stalled, cancellationToken))
                logger.RunStalled(run.Id, stalled.Code, stalled.Detail);
        }
    }

    /// <returns>False if it is reported already.</returns>
    private Task<bool> ReportAsync(string runId, Stalled stalled, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            // Another process scans too: the lock lets one of them add the event.
            await StatusMover.LockAsync(db, WorkKind.Run, runId, cancellationToken);
            if (await db.Events.AnyAsync(
                e => e.Subject == runId && e.Type == Stalled.StallEvent && e.CreatedAt > stalled.Since, cancellationToken))
                return false;
            await EventLog.AddAsync(
                db, runId, Stalled.StallEvent,
                new() { ["since"] = stalled.Since, ["code"] = stalled.Code, ["detail"] = stalled.Detail }, cancellationToken);
            return true;
        },
        cancellationToken);
}
