using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Training;

/// <summary>Sees to it that no training run is forgotten: one that is to be worked on and that nobody supervises gets a job. Every
/// worker has one; what two of them do at once is done once.</summary>
internal sealed class TrainingWatch(
    IDbContextFactory<SparDb> databases, IJobQueue queue, TrainingDesk desk, TimeProvider time, ILogger<TrainingWatch> logger)
    : BackgroundService
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
                Log.TrainingWatchFailed(logger, error);
            }

            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (desk.IsFull)
            return;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var forgotten = await db.Database.SqlQuery<string>(
            $"""
            SELECT t.id AS "Value" FROM spar.training_runs t
            WHERE t.status IN ('queued', 'running', 'pausing', 'cancelling') AND NOT EXISTS (
                SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid::bigint = {(long)TrainJob.LockSpace}
                    AND l.objid::bigint = (hashtext(t.id)::bigint & 4294967295)
                    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            """).ToListAsync(cancellationToken);
        foreach (var id in forgotten)
            await queue.EnqueueAsync(TrainJob.Request(id), cancellationToken);
    }
}
