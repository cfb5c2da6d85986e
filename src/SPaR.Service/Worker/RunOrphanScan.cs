using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Events;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Runs;

namespace SPaR.Service.Worker;

/// <summary>Finds runs with work that no job covers and enqueues one, and advances runs whose current stage has ended. Scans at once when
/// something has changed.</summary>
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
                EXISTS (SELECT FROM spar.run_items i WHERE i.run_id = r.id AND i.state = 'pending') AS has_pending,
                EXISTS (SELECT FROM spar.run_items i WHERE i.run_id = r.id AND i.state = 'pending'
                    AND (i.lease_until IS NULL OR i.lease_until < now())) AS has_free,
                EXISTS (SELECT FROM spar.run_items i WHERE i.run_id = r.id AND i.state = 'pending'
                    AND i.lease_owner IS NOT NULL AND i.lease_until >= now()) AS has_leased
            FROM spar.runs r WHERE r.status IN ('queued', 'running', 'pausing', 'cancelling')
            """).ToListAsync(cancellationToken);
        foreach (var run in runs)
            await ActAsync(run, cancellationToken);
    }

    private Task ActAsync(Seen run, CancellationToken cancellationToken) => EnumName.Parse<RunStatus>(run.Status) switch
    {
        // Its items have ended, or it waits for a training or an evaluation. Where this worker has a slice of it, that advances it.
        RunStatus.Running when !run.HasPending && !slots.Has(run.RunId) => lifecycle.AdvanceAsync(run.RunId, cancellationToken),
        RunStatus.Pausing or RunStatus.Cancelling when !run.HasLeased => lifecycle.AdvanceAsync(run.RunId, cancellationToken),
        // Enqueueing a job that waits already changes nothing. A worker that has a slice of the run takes the free items itself.
        RunStatus.Queued when !slots.Has(run.RunId) => queue.EnqueueAsync(JobRequest.Run(run.RunId), cancellationToken),
        RunStatus.Running when run.HasFree && !slots.Has(run.RunId) =>
            queue.EnqueueAsync(JobRequest.Run(run.RunId), cancellationToken),
        _ => Task.CompletedTask,
    };

    private sealed record Seen(string RunId, string Status, bool HasPending, bool HasFree, bool HasLeased);
}
