using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SPaR.Jobs;
using SPaR.Runs;
using SPaR.Storage;

namespace SPaR.Evaluation;

/// <summary>Sees to it that no evaluation is forgotten: one that is to be worked on and that nobody holds gets a job. Those of runs are
/// the runs' own.</summary>
internal sealed class EvaluationWatch(
    IDbContextFactory<SparDb> databases, EvaluationLifecycle lifecycle, IJobQueue queue, TimeProvider time,
    ILogger<EvaluationWatch> logger) : Watch(time, logger)
{
    protected override async Task LookAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var open = await db.Evaluations
            .Where(e => e.RunId == null && (e.Status == RunStatus.Queued || e.Status == RunStatus.Running || e.Status == RunStatus.Pausing
                || e.Status == RunStatus.Cancelling))
            .Select(e => new { e.Id, e.Status }).ToListAsync(cancellationToken);
        var held = await WorkLock.HeldAsync(db, [.. open.Select(e => e.Id)], cancellationToken);
        foreach (var evaluation in open.Where(e => !held.Contains(e.Id)))
        {
            // One that waits already is the same job.
            await (evaluation.Status is RunStatus.Queued or RunStatus.Running
                ? queue.EnqueueAsync(EvaluateJob.Request(evaluation.Id), cancellationToken)
                : lifecycle.SettleAsync(evaluation.Id, cancellationToken));
        }
    }
}
