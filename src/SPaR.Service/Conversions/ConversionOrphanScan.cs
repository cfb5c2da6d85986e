using SPaR.Method;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Conversions;

/// <summary>Finds conversions that no worker holds, and enqueues a job for each that is to go on.</summary>
internal sealed class ConversionOrphanScan(
    IDbContextFactory<SparDb> databases, ConversionLifecycle lifecycle, IJobQueue queue, TimeProvider time,
    ILogger<ConversionOrphanScan> logger) : OrphanScan(time, logger)
{
    protected override async Task ScanAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var open = await db.Conversions
            .Where(c => c.Status == RunStatus.Queued || c.Status == RunStatus.Running || c.Status == RunStatus.Cancelling)
            .Select(c => new { c.Id, c.Status }).ToListAsync(cancellationToken);
        var held = await WorkLock.HeldAsync(db, [.. open.Select(c => c.Id)], cancellationToken);
        foreach (var conversion in open.Where(c => !held.Contains(c.Id)))
            await (conversion.Status is RunStatus.Cancelling
                ? lifecycle.CompleteStopAsync(conversion.Id, cancellationToken)
                : queue.EnqueueAsync(JobRequest.Convert(conversion.Id), cancellationToken));
    }
}
