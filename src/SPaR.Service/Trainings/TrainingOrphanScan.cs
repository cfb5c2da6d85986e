using SPaR.Method;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Trainings;

/// <summary>Finds training runs that nobody supervises and that belong to no other directory, and enqueues a job for each.</summary>
internal sealed class TrainingOrphanScan(
    IDbContextFactory<SparDb> databases, IJobQueue queue, TrainingSlots slots, TrainingDirectory place, TimeProvider time,
    ILogger<TrainingOrphanScan> logger) : OrphanScan(time, logger)
{
    protected override async Task ScanAsync(CancellationToken cancellationToken)
    {
        if (slots.IsFull)
            return;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var (machine, folder) = (place.Machine, place.FolderId());
        var open = await db.TrainingRuns
            .Where(r => r.Status == RunStatus.Queued || r.Status == RunStatus.Running || r.Status == RunStatus.Pausing
                || r.Status == RunStatus.Cancelling)
            .Where(r => r.FolderId == null || (r.Machine == machine && r.FolderId == folder))
            .Select(r => r.Id).ToArrayAsync(cancellationToken);
        var supervised = await WorkLock.HeldAsync(db, open, cancellationToken);
        foreach (var id in open.Where(id => !supervised.Contains(id)))
            await queue.EnqueueAsync(JobRequest.Train(id), cancellationToken);
    }
}
