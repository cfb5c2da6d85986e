using Microsoft.EntityFrameworkCore;
using SPaR.Jobs;
using SPaR.Models;
using SPaR.Runs;
using SPaR.Storage;

namespace SPaR.Training;

/// <summary>Makes training runs and moves their status, each move in one statement that looks at the status it moves from. Knows
/// nothing of files and processes.</summary>
public sealed class TrainingLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    private static readonly TrainingStatus[] AtRest = [TrainingStatus.Queued, TrainingStatus.Paused];

    public async Task CreateAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        db.TrainingRuns.Add(run);
        await db.SaveChangesAsync(cancellationToken);
        // A crash here leaves a queued run without a job: the watch of any worker finds it and enqueues.
        await queue.EnqueueAsync(TrainJob.Request(run.Id), cancellationToken);
    }

    /// <summary>Has the process write a checkpoint and end; resuming goes on from there.</summary>
    /// <exception cref="RunStateException">It is neither queued nor running.</exception>
    public Task PauseAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, "paused", [(TrainingStatus.Queued, TrainingStatus.Paused), (TrainingStatus.Running, TrainingStatus.Pausing)],
        cancellationToken);

    /// <summary>Goes on from the last checkpoint.</summary>
    /// <exception cref="RunStateException">It is neither paused nor failed, or failed for a reason that would come again.</exception>
    public async Task ResumeAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var run = await db.TrainingRuns.AsNoTracking().SingleAsync(r => r.Id == id, cancellationToken);
        if (run is { Status: TrainingStatus.Failed, FailureCode: { } code } && !TrainingMoves.CanResumeAfter(code))
            throw new RunStateException(
                $"The training run {id} failed with {code}, and would again: its data and options stay. Start a new one with others.");
        await ChangeAsync(
            id, "resumed", [(TrainingStatus.Paused, TrainingStatus.Queued), (TrainingStatus.Failed, TrainingStatus.Queued)],
            cancellationToken);
    }

    /// <exception cref="RunStateException">It has ended, or is being cancelled already.</exception>
    public Task CancelAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, "cancelled",
        [
            (TrainingStatus.Queued, TrainingStatus.Cancelled), (TrainingStatus.Paused, TrainingStatus.Cancelled),
            (TrainingStatus.Running, TrainingStatus.Cancelling), (TrainingStatus.Pausing, TrainingStatus.Cancelling),
        ],
        cancellationToken);

    /// <returns>Whether it moved.</returns>
    internal async Task<bool> TryMoveAsync(string id, TrainingStatus to, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var moved = await MoveAsync(db, id, to, cancellationToken);
        if (moved && to is TrainingStatus.Paused or TrainingStatus.Cancelled)
            await AnnounceAsync(db, id, cancellationToken);
        return moved;
    }

    /// <summary>Ends a run that cannot go on. One that is being cancelled ends as cancelled.</summary>
    internal async Task FailAsync(string id, string code, string message, string? row, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await MoveAsync(db, id, TrainingStatus.Failed, cancellationToken))
            await db.TrainingRuns.Where(r => r.Id == id).ExecuteUpdateAsync(
                set => set.SetProperty(r => r.FailureCode, code).SetProperty(r => r.FailureMessage, message)
                    .SetProperty(r => r.FailureRow, row), cancellationToken);
        else
            await MoveAsync(db, id, TrainingStatus.Cancelled, [TrainingStatus.Cancelling], cancellationToken);
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
        if (!await MoveAsync(db, id, TrainingStatus.Succeeded, cancellationToken))
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
        if (!await MoveAsync(db, id, cancel ? TrainingStatus.Cancelled : TrainingStatus.Paused, AtRest, cancellationToken))
            await MoveAsync(
                db, id, cancel ? TrainingStatus.Cancelling : TrainingStatus.Pausing, [TrainingStatus.Running, TrainingStatus.Pausing],
                cancellationToken);
    }

    /// <summary>Has a training go on with its run, in the transaction of the run's own move.</summary>
    /// <returns>Whether it goes on.</returns>
    internal static Task<bool> GoOnAsync(SparDb db, string id, CancellationToken cancellationToken) => MoveAsync(
        db, id, TrainingStatus.Queued, [TrainingStatus.Paused, TrainingStatus.Failed], cancellationToken);

    // A run that waits for it goes on at once; lost, the watch of any worker finds it.
    private static Task<int> AnnounceAsync(SparDb db, string id, CancellationToken cancellationToken) => db.Database.ExecuteSqlAsync(
        $"SELECT pg_notify({RunSignals.Channel}, run_id) FROM spar.training_runs WHERE id = {id} AND run_id IS NOT NULL",
        cancellationToken);

    /// <param name="moves">Where it goes from each status that allows it; without a process there is nobody to wait for.</param>
    private async Task ChangeAsync(
        string id, string action, (TrainingStatus From, TrainingStatus To)[] moves, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        foreach (var (from, to) in moves)
        {
            if (!await MoveAsync(db, id, to, [from], cancellationToken))
                continue;
            // Whoever supervises it sees the change within a second; where nobody does, this finds somebody.
            await queue.EnqueueAsync(TrainJob.Request(id), cancellationToken);
            return;
        }

        var status = await db.TrainingRuns.Where(r => r.Id == id).Select(r => r.Status).SingleAsync(cancellationToken);
        throw new RunStateException(
            $"The training run {id} is {Kebab.Of(status)}; it can be {action} while it is "
            + $"{string.Join(" or ", moves.Select(m => Kebab.Of(m.From)))}.");
    }

    private static Task<bool> MoveAsync(SparDb db, string id, TrainingStatus to, CancellationToken cancellationToken) =>
        MoveAsync(db, id, to, Enum.GetValues<TrainingStatus>(), cancellationToken);

    private static async Task<bool> MoveAsync(
        SparDb db, string id, TrainingStatus to, TrainingStatus[] among, CancellationToken cancellationToken)
    {
        var from = among.Where(status => TrainingMoves.Allows(status, to)).Select(Kebab.Of).ToArray();
        return await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.training_runs SET status = {Kebab.Of(to)},
                started_at = CASE WHEN {to == TrainingStatus.Running} THEN coalesce(started_at, now()) ELSE started_at END,
                finished_at = CASE WHEN {TrainingMoves.IsEnd(to)} THEN now() END,
                restarts = CASE WHEN {to == TrainingStatus.Queued} THEN 0 ELSE restarts END,
                failure_code = CASE WHEN {to != TrainingStatus.Queued} THEN failure_code END,
                failure_message = CASE WHEN {to != TrainingStatus.Queued} THEN failure_message END,
                failure_row = CASE WHEN {to != TrainingStatus.Queued} THEN failure_row END
            WHERE id = {id} AND status = ANY({from})
            """, cancellationToken) == 1;
    }
}
