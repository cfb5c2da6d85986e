using SPaR.Method;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Evaluations;

/// <summary>Finds evaluations that no worker holds, and enqueues a job for each that has work left.</summary>
internal sealed class EvaluationOrphanScan(
    IDbContextFactory<SparDb> databases, EvaluationLifecycle lifecycle, IJobQueue queue, TimeProvider time,
    ILogger<EvaluationOrphanScan> logger) : OrphanScan(time, logger)
{
    protected override async Task ScanAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var open = await db.Evaluations
            .Where(e => e.Status == RunStatus.Queued || e.Status == RunStatus.Running || e.Status == RunStatus.Pausing
                || e.Status == RunStatus.Cancelling)
            .Select(e => new { e.Id, e.Status }).ToListAsync(cancellationToken);
        var held = await WorkLock.HeldAsync(db, [.. open.Select(e => e.Id)], cancellationToken);
        foreach (var evaluation in open.Where(e => !held.Contains(e.Id)))
        {
            // One that waits already is the same job.
            await (evaluation.Status is RunStatus.Queued or RunStatus.Running
                ? queue.EnqueueAsync(JobRequest.Evaluate(evaluation.Id), cancellationToken)
                : lifecycle.CompleteStopAsync(evaluation.Id, cancellationToken));
        }
    }
}
