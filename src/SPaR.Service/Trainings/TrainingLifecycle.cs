using Microsoft.EntityFrameworkCore;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;
using SPaR.Service.Storage;

namespace SPaR.Service.Trainings;

/// <summary>Makes training runs and moves their status, each move in one statement that looks at the status it moves from. Knows
/// nothing of files and processes.</summary>
public sealed class TrainingLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    private static readonly RunStatus[] AtRest = [RunStatus.Queued, RunStatus.Paused];

    public async Task CreateAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        db.TrainingRuns.Add(run);
        await db.SaveChangesAsync(cancellationToken);
        // A crash here leaves a queued run without a job: the watch of any worker finds it and enqueues.
        await queue.EnqueueAsync(JobRequest.Train(run.Id), cancellationToken);
    }

    /// <summary>Has the process write a checkpoint and end; resuming goes on from there.</summary>
    /// <exception cref="InvalidStateException">It is neither queued nor running.</exception>
    public Task PauseAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, "paused", [(RunStatus.Queued, RunStatus.Paused), (RunStatus.Running, RunStatus.Pausing)],
        cancellationToken);

    /// <summary>Goes on from the last checkpoint.</summary>
    /// <exception cref="InvalidStateException">It is neither paused nor failed, or failed for a reason that would come again.</exception>
    public async Task ResumeAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var run = await db.TrainingRuns.AsNoTracking().SingleAsync(r => r.Id == id, cancellationToken);
        if (run is { Status: RunStatus.Failed, FailureCode: { } code } && !TrainingTransitions.CanResumeAfter(code))
            throw new InvalidStateException(
                $"The training run {id} failed with {code}, and would again: its data and options stay. Start a new one with others.");
        await ChangeAsync(
            id, "resumed", [(RunStatus.Paused, RunStatus.Queued), (RunStatus.Failed, RunStatus.Queued)],
            cancellationToken);
    }

    /// <exception cref="InvalidStateException">It has ended, or is being cancelled already.</exception>
    public Task CancelAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, "cancelled",
        [
            (RunStatus.Queued, RunStatus.Cancelled), (RunStatus.Paused, RunStatus.Cancelled),
            (RunStatus.Running, RunStatus.Cancelling), (RunStatus.Pausing, RunStatus.Cancelling),
        ],
        cancellationToken);

    /// <returns>Whether it moved.</returns>
    internal async Task<bool> TryMoveAsync(string id, RunStatus to, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var moved = await MoveAsync(db, id, to, cancellationToken);
        if (moved && to is RunStatus.Paused or RunStatus.Cancelled)
            await AnnounceAsync(db, id, cancellationToken);
        return moved;
    }

    /// <summary>Ends a run that cannot go on. One that is being cancelled ends as cancelled.</summary>
    internal async Task FailAsync(string id, string code, string message, string? row, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await MoveAsync(db, id, RunStatus.Failed, cancellationToken))
            await db.TrainingRuns.Where(r => r.Id == id).ExecuteUpdateAsync(
                set => set.SetProperty(r => r.FailureCode, code).SetProperty(r => r.FailureMessage, message)
                    .SetProperty(r => r.FailureRow, row), cancellationToken);
        else
            await MoveAsync(db, id, RunStatus.Cancelled, [RunStatus.Cancelling], cancellationToken);
        await AnnounceAsync(db, id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <returns>The model that a run starts from.</returns>
    internal async Task<Model> ParentAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Models.AsNoTracking().SingleAsync(m => m.Id == run.ModelId, cancellationToken);
    }

    /// <summary>Ends a run with what it made, in one transaction with the row of its model.</summary>
    internal async Task SucceedAsync(string id, Model? model, TrainedAdapter? adapter, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await MoveAsync(db, id, RunStatus.Succeeded, cancellationToken))
            return;
        if (model is not null)
        {
            db.Models.Add(model);
            await db.SaveChangesAsync(cancellationToken);
        }

        var made = model?.Id;
        await db.TrainingRuns.Where(r => r.Id == id).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.ResultId, made).SetProperty(r => r.Adapter, adapter?.Path)
                .SetProperty(r => r.AdapterSha256, adapter?.Sha256).SetProperty(r => r.AdapterBytes, adapter?.Bytes), cancellationToken);
        await AnnounceAsync(db, id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Has a run that is being paused or cancelled take its training along, in the transaction of its own move.</summary>
    internal static async Task StopAsync(SparDb db, string id, bool cancel, CancellationToken cancellationToken)
    {
        // Without a process there is nobody to wait for, so what can stop at once does.
        if (!await MoveAsync(db, id, cancel ? RunStatus.Cancelled : RunStatus.Paused, AtRest, cancellationToken))
            await MoveAsync(
                db, id, cancel ? RunStatus.Cancelling : RunStatus.Pausing, [RunStatus.Running, RunStatus.Pausing],
                cancellationToken);
    }

    /// <summary>Has a training go on with its run, in the transaction of the run's own move.</summary>
    /// <returns>Whether it goes on.</returns>
    internal static Task<bool> RequeueAsync(SparDb db, string id, CancellationToken cancellationToken) => MoveAsync(
        db, id, RunStatus.Queued, [RunStatus.Paused, RunStatus.Failed], cancellationToken);

    // A run that waits for it goes on at once; lost, the watch of any worker finds it.
    private static Task<int> AnnounceAsync(SparDb db, string id, CancellationToken cancellationToken) => db.Database.ExecuteSqlAsync(
        $"SELECT pg_notify({RunSignals.Channel}, run_id) FROM spar.training_runs WHERE id = {id} AND run_id IS NOT NULL",
        cancellationToken);

    /// <param name="moves">Where it goes from each status that allows it; without a process there is nobody to wait for.</param>
    private async Task ChangeAsync(
        string id, string action, (RunStatus From, RunStatus To)[] moves, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        foreach (var (from, to) in moves)
        {
            if (!await MoveAsync(db, id, to, [from], cancellationToken))
                continue;
            // Whoever supervises it sees the change within a second; where nobody does, this finds somebody.
            await queue.EnqueueAsync(JobRequest.Train(id), cancellationToken);
            return;
        }

        var status = await db.TrainingRuns.Where(r => r.Id == id).Select(r => r.Status).SingleAsync(cancellationToken);
        throw new InvalidStateException(
            $"The training run {id} is {EnumName.Of(status)}; it can be {action} while it is "
            + $"{string.Join(" or ", moves.Select(m => EnumName.Of(m.From)))}.");
    }

    private static Task<bool> MoveAsync(SparDb db, string id, RunStatus to, CancellationToken cancellationToken) =>
        MoveAsync(db, id, to, Enum.GetValues<RunStatus>(), cancellationToken);

    private static async Task<bool> MoveAsync(
        SparDb db, string id, RunStatus to, RunStatus[] among, CancellationToken cancellationToken)
    {
        var from = among.Where(status => TrainingTransitions.Allows(status, to)).Select(EnumName.Of).ToArray();
        return await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.training_runs SET status = {EnumName.Of(to)},
                started_at = CASE WHEN {to == RunStatus.Running} THEN coalesce(started_at, now()) ELSE started_at END,
                finished_at = CASE WHEN {TrainingTransitions.IsEnd(to)} THEN now() END,
                restarts = CASE WHEN {to == RunStatus.Queued} THEN 0 ELSE restarts END,
                failure_code = CASE WHEN {to != RunStatus.Queued} THEN failure_code END,
                failure_message = CASE WHEN {to != RunStatus.Queued} THEN failure_message END,
                failure_row = CASE WHEN {to != RunStatus.Queued} THEN failure_row END
            WHERE id = {id} AND status = ANY({from})
            """, cancellationToken) == 1;
    }
}
