using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Runs;
using SPaR.Service.Storage;

namespace SPaR.Service.Worker;

/// <summary>Sees to it that no run is forgotten: one with something to do gets a job, and one whose round can go on goes on. Looks at once
/// where a run has changed.</summary>
internal sealed class RunOrphanScan(
    IDbContextFactory<SparDb> databases,
    RunLifecycle lifecycle,
    IJobQueue queue,
    RunSignals signals,
    WorkerSlots slots,
    TimeProvider time,
    ILogger<RunOrphanScan> logger) : OrphanScan(time, logger)
{
    private readonly Wake _wake = new(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = signals.Subscribe(_ => _wake.Now());
        await base.ExecuteAsync(stoppingToken);
    }

    protected override Task PauseAsync(TimeSpan atMost, CancellationToken cancellationToken) => _wake.WaitAsync(atMost, cancellationToken);

    protected override async Task ScanAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var runs = await db.Database.SqlQuery<Seen>(
            $"""
            SELECT r.id AS run_id, r.status,
                (SELECT o.stage FROM spar.run_rounds o WHERE o.run_id = r.id ORDER BY o.round DESC LIMIT 1) AS stage,
                EXISTS (SELECT FROM spar.run_items i WHERE i.run_id = r.id AND i.state = 'pending') AS has_pending,
                EXISTS (SELECT FROM spar.run_items i WHERE i.run_id = r.id AND i.state = 'pending'
                    AND (i.lease_until IS NULL OR i.lease_until < now())) AS has_free,
                EXISTS (SELECT FROM spar.run_items i WHERE i.run_id = r.id AND i.state = 'pending'
                    AND i.lease_owner IS NOT NULL AND i.lease_until >= now()) AS has_leased
            FROM spar.runs r WHERE r.status IN ('queued', 'running', 'pausing', 'cancelling')
            """).ToListAsync(cancellationToken);
        var evaluating = runs.Where(r => r.Evaluates).Select(r => r.RunId).ToArray();
        var evaluated = evaluating.Length == 0 ? new HashSet<string>() : await WorkLock.HeldAsync(db, evaluating, cancellationToken);
        foreach (var run in runs)
            await ActAsync(run, evaluated.Contains(run.RunId), cancellationToken);
    }

    private Task ActAsync(Seen run, bool isEvaluated, CancellationToken cancellationToken) => EnumName.Parse<RunStatus>(run.Status) switch
    {
        // One that waits already is the same job. Where this worker has a share, it takes the free items itself.
        RunStatus.Running when run.Evaluates => isEvaluated || slots.Has(run.RunId)
            ? Task.CompletedTask
            : queue.EnqueueAsync(JobRequest.Run(run.RunId), cancellationToken),
        // Its items have ended, or it waits for its training.
        RunStatus.Running when !run.HasPending => lifecycle.AdvanceAsync(run.RunId, cancellationToken),
        RunStatus.Pausing or RunStatus.Cancelling when !run.HasLeased => lifecycle.AdvanceAsync(run.RunId, cancellationToken),
        RunStatus.Queued when !slots.Has(run.RunId) => queue.EnqueueAsync(JobRequest.Run(run.RunId), cancellationToken),
        RunStatus.Running when run.HasFree && !slots.Has(run.RunId) =>
            queue.EnqueueAsync(JobRequest.Run(run.RunId), cancellationToken),
        _ => Task.CompletedTask,
    };

    private sealed record Seen(string RunId, string Status, string Stage, bool HasPending, bool HasFree, bool HasLeased)
    {
        public bool Evaluates => Stage == EnumName.Of(RoundStage.Evaluate);
    }
}
