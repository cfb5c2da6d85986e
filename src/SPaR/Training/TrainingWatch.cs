using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Training;

/// <summary>Sees to it that no training run is forgotten: one that is to be worked on, that nobody supervises and that belongs to no
/// other place gets a job.</summary>
internal sealed class TrainingWatch(
    IDbContextFactory<SparDb> databases, IJobQueue queue, TrainingDesk desk, TrainingPlace place, TimeProvider time,
    ILogger<TrainingWatch> logger) : Watch(time, logger)
{
    protected override async Task LookAsync(CancellationToken cancellationToken)
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
