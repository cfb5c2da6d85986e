using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Storage;

namespace SPaR.Service.Evaluations;

/// <summary>Makes evaluations and moves their status, each move in one transaction under a lock on the row, announced through
/// <see cref="RunSignals"/>. One that a run makes stands where its run stands, and is moved with it. Knows nothing of models and
/// benchmarks.</summary>
internal sealed class EvaluationLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    private static readonly RunStatus[] Ended = [RunStatus.Failed, RunStatus.Succeeded];

    public async Task CreateAsync(EvaluationRun evaluation, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        db.Evaluations.Add(evaluation);
        await db.SaveChangesAsync(cancellationToken);
        // A crash here leaves a queued evaluation without a job: the watch of any worker finds it and enqueues.
        await queue.EnqueueAsync(JobRequest.Evaluate(evaluation.Id), cancellationToken);
    }

    /// <summary>Makes the evaluation of a round, or finds it.</summary>
    public async Task<EvaluationRun> OfRoundAsync(EvaluationRun evaluation, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var ofRound = db.Evaluations.AsNoTracking().Where(
            e => e.RunId == evaluation.RunId && e.Round == evaluation.Round && e.Name == evaluation.Name);
        if (await ofRound.FirstOrDefaultAsync(cancellationToken) is { } found)
            return found;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // The run's row is held against a move, which takes along what it finds.
        var status = await db.Runs.FromSql($"SELECT * FROM spar.runs WHERE id = {evaluation.RunId} FOR SHARE")
            .Select(r => r.Status).SingleAsync(cancellationToken);
        db.Evaluations.Add(evaluation);
        await db.SaveChangesAsync(cancellationToken);
        await db.Evaluations.Where(e => e.Id == evaluation.Id).ExecuteUpdateAsync(
            set => set.SetProperty(e => e.Status, status), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return evaluation;
    }

    /// <summary>Lets the worker put it down; what is stored stays.</summary>
    /// <exception cref="InvalidStateException">It is neither queued nor running, or it is a run's.</exception>
    public Task PauseAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, "paused", [RunStatus.Queued, RunStatus.Running], RunStatus.Pausing, cancellationToken);

    /// <summary>Lets the worker put it down for good; what is stored stays.</summary>
    /// <exception cref="InvalidStateException">It has ended, or is being cancelled already, or it is a run's.</exception>
    public Task CancelAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, "cancelled", [RunStatus.Queued, RunStatus.Running, RunStatus.Pausing, RunStatus.Paused], RunStatus.Cancelling,
        cancellationToken);

    /// <exception cref="InvalidStateException">It is not paused, or it is a run's.</exception>
    public Task ResumeAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, "resumed", [RunStatus.Paused], RunStatus.Queued, cancellationToken);

    /// <summary>Gives a failed evaluation, and the items that failed, another chance; all other results are kept.</summary>
    /// <exception cref="InvalidStateException">It has not ended, or nothing of it failed, or it is a run's.</exception>
    public Task RetryAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, "retried", Ended, RunStatus.Queued, cancellationToken, async (db, evaluation) =>
        {
            var again = await db.EvaluationResults.Where(r => r.EvaluationId == id && r.State == ResultState.Failed)
                .ExecuteDeleteAsync(cancellationToken);
            if (again == 0 && evaluation.Status is RunStatus.Succeeded)
                throw new InvalidStateException($"The evaluation {id} is succeeded and no item of it failed: there is nothing to retry.");
        });

    /// <summary>Marks a queued evaluation as running.</summary>
    /// <returns>Whether it is running now.</returns>
    public async Task<bool> StartAsync(string id, CancellationToken cancellationToken) =>
        await MoveAsync(id, RunStatus.Running, cancellationToken) is RunStatus.Running;

    /// <summary>Ends it with what all items came to.</summary>
    public Task SucceedAsync(string id, EvaluationMetrics metrics, CancellationToken cancellationToken) =>
        MoveAsync(id, RunStatus.Succeeded, cancellationToken, metrics: metrics);

    /// <summary>Ends one that cannot go on; a retry takes it up where it stands.</summary>
    public Task FailAsync(string id, string code, string message, CancellationToken cancellationToken) =>
        MoveAsync(id, RunStatus.Failed, cancellationToken, (code, message));

    /// <summary>Ends a pause or a cancellation that no worker holds up any more. Harmless at any time, from any process.</summary>
    public async Task CompleteStopAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await CompleteStopAsync(db, await LockAsync(db, id, cancellationToken), cancellationToken))
            await CommitAsync(db, transaction, id, cancellationToken);
    }

    private async Task ChangeAsync(
        string id, string action, RunStatus[] allowed, RunStatus to, CancellationToken cancellationToken,
        Func<SparDb, EvaluationRun, Task>? first = null)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var evaluation = await LockAsync(db, id, cancellationToken);
        if (evaluation.RunId is { } run)
            throw new InvalidStateException($"The evaluation {id} is part of the run {run} and stands where that stands; move the run.");
        if (!allowed.Contains(evaluation.Status))
            throw InvalidStateException.Of($"The evaluation {id}", evaluation.Status, action, allowed);
        if (first is not null)
            await first(db, evaluation);
        await SetAsync(db, evaluation, to, cancellationToken);
        // Without a worker on it there is nobody to wait for.
        await CompleteStopAsync(db, await LockAsync(db, id, cancellationToken), cancellationToken);
        await CommitAsync(db, transaction, id, cancellationToken);
        if (to is RunStatus.Queued)
            await queue.EnqueueAsync(JobRequest.Evaluate(id), cancellationToken);
    }

    private async Task<RunStatus> MoveAsync(
        string id, RunStatus to, CancellationToken cancellationToken, (string Code, string Message)? failure = null,
        EvaluationMetrics? metrics = null)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var evaluation = await LockAsync(db, id, cancellationToken);
        if (!RunTransitions.Allows(evaluation.Status, to))
            return evaluation.Status;
        await SetAsync(db, evaluation, to, cancellationToken, failure);
        if (metrics is not null)
            await db.Evaluations.Where(e => e.Id == id).ExecuteUpdateAsync(
                set => set.SetProperty(e => e.Metrics, metrics), cancellationToken);
        await CommitAsync(db, transaction, id, cancellationToken);
        return to;
    }

    /// <returns>Whether it moved.</returns>
    private static async Task<bool> CompleteStopAsync(SparDb db, EvaluationRun evaluation, CancellationToken cancellationToken)
    {
        var busy = (await WorkLock.HeldAsync(db, [evaluation.Id], cancellationToken)).Count > 0;
        if (RunTransitions.CompleteStop(evaluation.Status, busy) is not { } to)
            return false;
        await SetAsync(db, evaluation, to, cancellationToken);
        return true;
    }

    private static async Task<EvaluationRun> LockAsync(SparDb db, string id, CancellationToken cancellationToken) =>
        await db.Evaluations.FromSql($"SELECT * FROM spar.evaluations WHERE id = {id} FOR UPDATE").AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken)
        ?? throw new InvalidOperationException($"There is no evaluation {id}.");

    private static async Task SetAsync(
        SparDb db, EvaluationRun evaluation, RunStatus to, CancellationToken cancellationToken,
        (string Code, string Message)? failure = null)
    {
        if (!RunTransitions.Allows(evaluation.Status, to))
            throw new InvalidOperationException($"An evaluation does not go from {evaluation.Status} to {to}.");
        var (code, message) = (failure?.Code, failure?.Message);
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.evaluations SET status = {EnumName.Of(to)}, failure_code = {code}, failure_message = {message},
                metrics = CASE WHEN {to == RunStatus.Succeeded} THEN metrics END,
                started_at = CASE WHEN {to == RunStatus.Running} THEN coalesce(started_at, now()) ELSE started_at END,
                finished_at = CASE WHEN {RunTransitions.IsEnd(to)} THEN now() END
            WHERE id = {evaluation.Id}
            """, cancellationToken);
    }

    // The announcement is part of the transaction: it goes out when the change is there to be seen, and not otherwise.
    private static async Task CommitAsync(SparDb db, IDbContextTransaction transaction, string id, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync($"SELECT pg_notify({RunSignals.Channel}, {id})", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
