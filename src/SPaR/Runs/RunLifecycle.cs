using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SPaR.Jobs;
using SPaR.Storage;

namespace SPaR.Runs;

/// <summary>Makes runs and moves their status, each move in one transaction under a lock on the run's row, announced to every worker
/// through <see cref="RunSignals"/>. Knows nothing of models or of the method.</summary>
public sealed class RunLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    /// <summary>Rounds count from here.</summary>
    public const int FirstRound = 1;

    private static readonly RunStatus[] Ended = [RunStatus.Failed, RunStatus.Succeeded];

    /// <summary>Stores a queued run and an item for each instruction of its set, and has it worked on.</summary>
    public async Task CreateAsync(Run run, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Runs.Add(run);
        await db.SaveChangesAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.run_items
                (run_id, round, instruction_id, ordinal, state, failures, lease_epoch, prefill_computed, prefill_forked, generated)
            SELECT {run.Id}, {FirstRound}, id, ordinal, 'pending', 0, 0, 0, 0, 0 FROM spar.instructions WHERE set_id = {run.SetId}
            """, cancellationToken);
        await CommitAsync(db, transaction, run.Id, cancellationToken);
        // A crash here leaves a queued run without a job: the watch of any worker finds it and enqueues.
        await queue.EnqueueAsync(RunJob.Request(run.Id), cancellationToken);
    }

    /// <summary>Lets the workers put the run down at the next row; what is stored stays.</summary>
    /// <exception cref="RunStateException">It is neither queued nor running.</exception>
    public Task PauseAsync(string runId, CancellationToken cancellationToken) => ChangeAsync(
        runId, "paused", [RunStatus.Queued, RunStatus.Running], RunStatus.Pausing, cancellationToken);

    /// <summary>Lets the workers put the run down for good; what is stored stays.</summary>
    /// <exception cref="RunStateException">It has ended, or is being cancelled already.</exception>
    public Task CancelAsync(string runId, CancellationToken cancellationToken) => ChangeAsync(
        runId, "cancelled", [RunStatus.Queued, RunStatus.Running, RunStatus.Pausing, RunStatus.Paused], RunStatus.Cancelling,
        cancellationToken);

    /// <exception cref="RunStateException">It is not paused.</exception>
    public async Task ResumeAsync(string runId, CancellationToken cancellationToken)
    {
        await ChangeAsync(runId, "resumed", [RunStatus.Paused], RunStatus.Queued, cancellationToken);
        await queue.EnqueueAsync(RunJob.Request(runId), cancellationToken);
    }

    /// <summary>Gives the items that ended in error, and the run, another chance; what they stored before is kept and used.</summary>
    /// <exception cref="RunStateException">It has not ended, or nothing of it failed.</exception>
    public async Task RetryAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        if (!Ended.Contains(run.Status))
            throw RunStateException.Of(run, "retried", Ended);
        var again = await db.RunItems.Where(i => i.RunId == runId && i.State == ItemState.Error).ExecuteUpdateAsync(
            set => set.SetProperty(i => i.State, ItemState.Pending).SetProperty(i => i.Failures, 0)
                .SetProperty(i => i.Detail, (string?)null).SetProperty(i => i.FinishedAt, (DateTimeOffset?)null),
            cancellationToken);
        if (again == 0 && run.Status == RunStatus.Succeeded)
            throw new RunStateException($"The run {runId} is succeeded and no item of it ended in error: there is nothing to retry.");
        await MoveAsync(db, run, RunStatus.Queued, null, cancellationToken);
        await CommitAsync(db, transaction, runId, cancellationToken);
        await queue.EnqueueAsync(RunJob.Request(runId), cancellationToken);
    }

    /// <summary>Marks a queued run as running.</summary>
    /// <returns>Whether it is running now.</returns>
    internal async Task<bool> StartAsync(string runId, CancellationToken cancellationToken) =>
        await TryMoveAsync(runId, RunStatus.Running, null, cancellationToken) is RunStatus.Running;

    /// <summary>Ends a run that cannot go on: its unfinished items end in error with the same detail, and a retry takes them up again.
    /// </summary>
    internal Task FailAsync(string runId, string detail, CancellationToken cancellationToken) =>
        TryMoveAsync(runId, RunStatus.Failed, detail, cancellationToken);

    /// <summary>Ends what has nothing left to do: a run whose items have all ended, a pause or a cancellation that no worker holds up
    /// any more. Harmless at any time, from any process.</summary>
    internal async Task<RunStatus> SettleAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        var settled = await SettleAsync(db, run, cancellationToken);
        await CommitAsync(db, transaction, settled == run.Status ? null : runId, cancellationToken);
        return settled;
    }

    private async Task ChangeAsync(
        string runId, string action, RunStatus[] allowed, RunStatus to, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        if (!allowed.Contains(run.Status))
            throw RunStateException.Of(run, action, allowed);
        await MoveAsync(db, run, to, null, cancellationToken);
        // Without a worker on it there is nobody to wait for.
        await SettleAsync(db, await LockAsync(db, runId, cancellationToken), cancellationToken);
        await CommitAsync(db, transaction, runId, cancellationToken);
    }

    private async Task<RunStatus> TryMoveAsync(string runId, RunStatus to, string? detail, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        if (!RunMoves.Allows(run.Status, to))
            return run.Status;
        if (to is RunStatus.Failed)
            await ItemStore.FailPendingAsync(db, runId, detail, cancellationToken);
        await MoveAsync(db, run, to, detail, cancellationToken);
        await CommitAsync(db, transaction, runId, cancellationToken);
        return to;
    }

    private static async Task<RunStatus> SettleAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var totals = await ItemStore.TotalsAsync(db, run.Id, cancellationToken);
        if (RunMoves.Settle(run.Status, totals) is not { } to)
            return run.Status;
        if (to is RunStatus.Paused or RunStatus.Cancelled)
            await ItemStore.PutDownAsync(db, run.Id, cancel: to is RunStatus.Cancelled, cancellationToken);
        var detail = to is RunStatus.Failed
            ? $"Every instruction ended in error, most often: {await ItemStore.CommonestErrorAsync(db, run.Id, cancellationToken)}"
            : null;
        await MoveAsync(db, run, to, detail, cancellationToken);
        return to;
    }

    private static async Task<Run> LockAsync(SparDb db, string runId, CancellationToken cancellationToken) =>
        await db.Runs.FromSql($"SELECT * FROM spar.runs WHERE id = {runId} FOR UPDATE").AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken)
        ?? throw new InvalidOperationException($"There is no run {runId}.");

    private static async Task MoveAsync(SparDb db, Run run, RunStatus to, string? detail, CancellationToken cancellationToken)
    {
        if (!RunMoves.Allows(run.Status, to))
            throw new InvalidOperationException($"A run does not go from {run.Status} to {to}.");
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.runs SET status = {Kebab.Of(to)}, detail = {detail},
                started_at = CASE WHEN {to == RunStatus.Running} THEN coalesce(started_at, now()) ELSE started_at END,
                finished_at = CASE WHEN {RunMoves.IsEnd(to)} THEN now() END
            WHERE id = {run.Id}
            """, cancellationToken);
    }

    // The announcement is part of the transaction: it goes out when the change is there to be seen, and not otherwise.
    private static async Task CommitAsync(
        SparDb db, IDbContextTransaction transaction, string? announce, CancellationToken cancellationToken)
    {
        if (announce is not null)
            await db.Database.ExecuteSqlAsync($"SELECT pg_notify({RunSignals.Channel}, {announce})", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
