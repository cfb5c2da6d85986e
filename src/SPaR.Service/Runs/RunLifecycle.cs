using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Rounds;
using SPaR.Service.Storage;

namespace SPaR.Service.Runs;

/// <summary>Makes runs and moves their status, each move in one transaction under a lock on the run's row, announced to every worker
/// through <see cref="RunSignals"/>. Knows nothing of models or of the method.</summary>
public sealed class RunLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue, TimeProvider time)
{
    private static readonly RunStatus[] Ended = [RunStatus.Failed, RunStatus.Succeeded];

    /// <summary>Stores a queued run with its first round, and has it worked on.</summary>
    public async Task CreateAsync(Run run, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Runs.Add(run);
        await db.SaveChangesAsync(cancellationToken);
        await RoundLifecycle.BeginAsync(db, run, cancellationToken);
        await CommitAsync(db, transaction, run.Id, cancellationToken);
        // A crash here leaves a queued run without a job: the watch of any worker finds it and enqueues.
        await queue.EnqueueAsync(JobRequest.Run(run.Id), cancellationToken);
    }

    /// <summary>Lets the workers put the run down at the next row; what is stored stays.</summary>
    /// <exception cref="InvalidStateException">It is neither queued nor running.</exception>
    public Task PauseAsync(string runId, CancellationToken cancellationToken) => ChangeAsync(
        runId, "paused", [RunStatus.Queued, RunStatus.Running], RunStatus.Pausing, cancellationToken);

    /// <summary>Lets the workers put the run down for good; what is stored stays.</summary>
    /// <exception cref="InvalidStateException">It has ended, or is being cancelled already.</exception>
    public Task CancelAsync(string runId, CancellationToken cancellationToken) => ChangeAsync(
        runId, "cancelled", [RunStatus.Queued, RunStatus.Running, RunStatus.Pausing, RunStatus.Paused], RunStatus.Cancelling,
        cancellationToken);

    /// <summary>Goes on with a paused run, and with its training.</summary>
    /// <exception cref="InvalidStateException">It is not paused, or its training has failed for good.</exception>
    public async Task ResumeAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        if (run.Status is not RunStatus.Paused)
            throw InvalidStateException.Of(run, "resumed", RunStatus.Paused);
        await ContinueAsync(db, transaction, run, cancellationToken);
    }

    /// <summary>Gives the items of the current round that ended in error, its failed training, and the run another chance; what they
    /// stored before is kept and used.</summary>
    /// <exception cref="InvalidStateException">It has not ended, or nothing of it can be tried again.</exception>
    public async Task RetryAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        if (!Ended.Contains(run.Status))
            throw InvalidStateException.Of(run, "retried", Ended);
        var again = await RetryFailedAsync(db, run, cancellationToken);
        var evaluations = db.Evaluations;
        await db.EvaluationResults.Where(r => r.State == ResultState.Failed && evaluations.Any(
                e => e.Id == r.EvaluationId && e.RunId == runId && e.Status != RunStatus.Succeeded))
            .ExecuteDeleteAsync(cancellationToken);
        if (again == 0 && run.Status == RunStatus.Succeeded)
            throw new InvalidStateException(run.Recipe.Train is null
                ? $"The run {runId} is succeeded and no item of it ended in error: there is nothing to retry."
                : $"The run {runId} is succeeded, and its models are trained on what its rounds gave: there is nothing to retry.");
        await ContinueAsync(db, transaction, run, cancellationToken);
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
    internal async Task<RunStatus> AdvanceAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        var settled = await AdvanceAsync(db, run, cancellationToken);
        await CommitAsync(db, transaction, settled.HasMoved ? runId : null, cancellationToken);
        // A crash here leaves a stage that nobody works on: the watches find it, as they find one whose worker is killed.
        if (settled.Job is { } job)
            await queue.EnqueueAsync(job, cancellationToken);
        return settled.End ?? run.Status;
    }

    /// <summary>Stores what a benchmark gave for the current round of a run.</summary>
    internal async Task EvaluatedAsync(
        RunRound round, string benchmark, IReadOnlyDictionary<string, Measure> measures, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await LockAsync(db, round.RunId, cancellationToken);
        await RoundStore.EvaluatedAsync(db, round, benchmark, measures, cancellationToken);
        await CommitAsync(db, transaction, round.RunId, cancellationToken);
    }

    /// <summary>Has the run, and its training, taken up again.</summary>
    private async Task ContinueAsync(SparDb db, IDbContextTransaction transaction, Run run, CancellationToken cancellationToken)
    {
        var training = await RoundLifecycle.ContinueAsync(db, run, cancellationToken);
        await MoveAsync(db, run, RunStatus.Queued, null, cancellationToken);
        await CommitAsync(db, transaction, run.Id, cancellationToken);
        await queue.EnqueueAsync(JobRequest.Run(run.Id), cancellationToken);
        if (training is { } job)
            await queue.EnqueueAsync(job, cancellationToken);
    }

    /// <summary>Makes the items in error pending again, where no model has been trained without them.</summary>
    /// <returns>How many.</returns>
    private static async Task<int> RetryFailedAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var round = await RoundStore.CurrentAsync(db, run.Id, cancellationToken);
        if (round.Stage is not RoundStage.SelfPlay && run.Recipe.Train is not null)
            return 0;
        var again = await ItemStore.RetryFailedAsync(db, run.Id, round.Round, cancellationToken);
        if (again > 0)
            await RoundStore.EnterAsync(db, round, RoundStage.SelfPlay, cancellationToken);
        return again;
    }

    private async Task ChangeAsync(
        string runId, string action, RunStatus[] allowed, RunStatus to, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        if (!allowed.Contains(run.Status))
            throw InvalidStateException.Of(run, action, allowed);
        await MoveAsync(db, run, to, null, cancellationToken);
        // Without a worker on it there is nobody to wait for.
        await AdvanceAsync(db, await LockAsync(db, runId, cancellationToken), cancellationToken);
        await CommitAsync(db, transaction, runId, cancellationToken);
    }

    private async Task<RunStatus> TryMoveAsync(string runId, RunStatus to, string? detail, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var run = await LockAsync(db, runId, cancellationToken);
        if (!RunTransitions.Allows(run.Status, to))
            return run.Status;
        if (to is RunStatus.Failed)
            await ItemStore.FailPendingAsync(db, runId, detail, cancellationToken);
        await MoveAsync(db, run, to, detail, cancellationToken);
        await CommitAsync(db, transaction, runId, cancellationToken);
        return to;
    }

    private async Task<RoundProgress> AdvanceAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var progress = run.Status switch
        {
            RunStatus.Running => await RoundLifecycle.AdvanceAsync(db, run, time, cancellationToken),
            RunStatus.Pausing or RunStatus.Cancelling => await StopAsync(db, run, cancellationToken),
            _ => new(),
        };
        if (progress.End is { } to)
            await MoveAsync(db, run, to, progress.Detail, cancellationToken);
        return progress;
    }

    private static async Task<RoundProgress> StopAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var cancel = run.Status is RunStatus.Cancelling;
        var busy = await RoundLifecycle.StopAsync(db, run, cancel, cancellationToken)
            || (await ItemStore.TotalsAsync(db, run.Id, null, cancellationToken)).Leased > 0;
        if (RunTransitions.CompleteStop(run.Status, busy) is not { } to)
            return new();
        await ItemStore.ReleaseLeasesAsync(db, run.Id, cancel, cancellationToken);
        return new(HasMoved: true, End: to);
    }

    private static async Task<Run> LockAsync(SparDb db, string runId, CancellationToken cancellationToken) =>
        await db.Runs.FromSql($"SELECT * FROM spar.runs WHERE id = {runId} FOR UPDATE").AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken)
        ?? throw new InvalidOperationException($"There is no run {runId}.");

    private static async Task MoveAsync(SparDb db, Run run, RunStatus to, string? detail, CancellationToken cancellationToken)
    {
        if (!RunTransitions.Allows(run.Status, to))
            throw new InvalidOperationException($"A run does not go from {run.Status} to {to}.");
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.runs SET status = {EnumName.Of(to)}, detail = {detail},
                started_at = CASE WHEN {to == RunStatus.Running} THEN coalesce(started_at, now()) ELSE started_at END,
                finished_at = CASE WHEN {RunTransitions.IsEnd(to)} THEN now() END
            WHERE id = {run.Id}
            """, cancellationToken);
        // What the run measures stands where the run stands, until it is done.
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.evaluations SET status = {EnumName.Of(to)}, failure_code = CASE WHEN {to == RunStatus.Failed} THEN 'run-failed' END,
                failure_message = CASE WHEN {to == RunStatus.Failed} THEN {detail} END,
                finished_at = CASE WHEN {RunTransitions.IsEnd(to)} THEN now() END
            WHERE run_id = {run.Id} AND status NOT IN ('succeeded', 'cancelled') AND {to != RunStatus.Succeeded}
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
