using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Training;

/// <summary>Sees to it that no training run is forgotten: one that is to be worked on, that nobody supervises and that belongs to no
/// other place gets a job. Every worker has one; what two of them do at once is done once.</summary>
internal sealed class TrainingWatch(
    IDbContextFactory<SparDb> databases, IJobQueue queue, TrainingDesk desk, TrainingPlace place, TimeProvider time,
    ILogger<TrainingWatch> logger)
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
        var (machine, folder) = (place.Machine, place.FolderId());
        var open = await db.TrainingRuns
            .Where(r => r.Status == TrainingStatus.Queued || r.Status == TrainingStatus.Running || r.Status == TrainingStatus.Pausing
                || r.Status == TrainingStatus.Cancelling)
            .Where(r => r.FolderId == null || (r.Machine == machine && r.FolderId == folder))
            .Select(r => r.Id).ToArrayAsync(cancellationToken);
        var supervised = await WorkLock.HeldAsync(db, open, cancellationToken);
        foreach (var id in open.Where(id => !supervised.Contains(id)))
            await queue.EnqueueAsync(TrainJob.Request(id), cancellationToken);
    }
}
