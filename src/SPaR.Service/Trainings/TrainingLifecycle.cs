using SPaR.Method;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Creates training runs, and stores what belongs to the moves of their status. Knows nothing of files and processes.</summary>
internal sealed class TrainingLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    public async Task CreateAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        await databases.InTransactionAsync(
            db => StatusMover.CreateAsync(db, WorkKind.Training, run.Id, run, cancellationToken), cancellationToken);
        await queue.EnqueueAsync(JobRequest.Train(run.Id), cancellationToken);
    }

    /// <summary>Has the process write a checkpoint and exit. Resuming continues from there.</summary>
    /// <exception cref="InvalidStateException">It is neither queued nor running.</exception>
    public Task PauseAsync(string id, CancellationToken cancellationToken) => ChangeAsync(id, StatusMove.Pause, cancellationToken);

    /// <exception cref="InvalidStateException">It has ended, or is being cancelled already.</exception>
    public Task CancelAsync(string id, CancellationToken cancellationToken) => ChangeAsync(id, StatusMove.Cancel, cancellationToken);

    /// <summary>Continues from the last checkpoint.</summary>
    /// <exception cref="InvalidStateException">It is neither paused nor failed, or the failure is permanent.</exception>
    public Task ResumeAsync(string id, CancellationToken cancellationToken) => ChangeAsync(id, StatusMove.Resume, cancellationToken);

    /// <summary>As <see cref="ResumeAsync"/>, for a failed one only.</summary>
    /// <exception cref="InvalidStateException">It has not failed, or the failure is permanent.</exception>
    public Task RetryAsync(string id, CancellationToken cancellationToken) => ChangeAsync(id, StatusMove.Retry, cancellationToken);

    /// <returns>Whether the status allowed the move.</returns>
    internal Task<bool> TryMoveAsync(string id, StatusMove move, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db => await StatusMover.TryMoveAsync(db, WorkKind.Training, id, move, null, cancellationToken) is not null,
        cancellationToken);

    /// <summary>Ends a training that cannot continue. One that is being cancelled ends as cancelled.</summary>
    internal Task FailAsync(string id, string code, string message, string? row, CancellationToken cancellationToken) =>
        databases.InTransactionAsync(
            db => StatusMover.TryMoveAsync(db, WorkKind.Training, id, StatusMove.Fail, new(code, message, row), cancellationToken),
            cancellationToken);

    /// <returns>The model that the training starts from.</returns>
    internal async Task<Model> ParentAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Models.AsNoTracking().SingleAsync(m => m.Id == run.ModelId, cancellationToken);
    }

    /// <summary>Ends a training with its result, in one transaction with the row of its model.</summary>
    internal Task SucceedAsync(
        string id, Model? model, TrainedAdapter? adapter, TrainingOutcome? outcome, CancellationToken cancellationToken) =>
        databases.InTransactionAsync(
            async db =>
            {
                if (await StatusMover.TryMoveAsync(db, WorkKind.Training, id, StatusMove.Succeed, null, cancellationToken) is null)
                    return false;
                if (model is not null)
                {
                    db.Models.Add(model);
                    await db.SaveChangesAsync(cancellationToken);
                }

                var resultId = model?.Id;
                await db.TrainingRuns.Where(r => r.Id == id).ExecuteUpdateAsync(
                    set => set.SetProperty(r => r.ResultId, resultId).SetProperty(r => r.Adapter, adapter?.Path)
                        .SetProperty(r => r.AdapterSha256, adapter?.Sha256).SetProperty(r => r.AdapterBytes, adapter?.Bytes)
                        .SetProperty(r => r.Outcome, outcome),
                    cancellationToken);
                return true;
            },
            cancellationToken);

    /// <summary>Pauses or cancels the training of a run, in the transaction of the run's own move.</summary>
    internal static Task StopAsync(SparDb db, string id, bool cancel, CancellationToken cancellationToken) =>
        StatusMover.TryMoveAsync(db, WorkKind.Training, id, cancel ? StatusMove.Cancel : StatusMove.Pause, null, cancellationToken);

    /// <summary>Resumes the training of a run, in the transaction of the run's own move.</summary>
    /// <returns>Whether it was paused or failed.</returns>
    internal static async Task<bool> TryResumeAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        if (await StatusMover.TryMoveAsync(db, WorkKind.Training, id, StatusMove.Resume, null, cancellationToken) is null)
            return false;
        await ResetRestartsAsync(db, id, cancellationToken);
        return true;
    }

    private static async Task ResetRestartsAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        await db.TrainingRuns.Where(r => r.Id == id).ExecuteUpdateAsync(set => set.SetProperty(r => r.Restarts, 0), cancellationToken);
        // Its folder was removed, and its checkpoints with it: the steps are repeated.
        if (await db.TrainingRuns.Where(r => r.Id == id && r.FolderId == null)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Step, 0), cancellationToken) == 1)
            await db.TrainingMetrics.Where(m => m.TrainingRunId == id).ExecuteDeleteAsync(cancellationToken);
    }

    private async Task ChangeAsync(string id, StatusMove move, CancellationToken cancellationToken)
    {
        await databases.InTransactionAsync(
            async db =>
            {
                var before = await LockAsync(db, id, cancellationToken);
                if (move is StatusMove.Resume or StatusMove.Retry && before is { Status: RunStatus.Failed, FailureCode: { } code }
                    && !TrainingFailures.CanResumeAfter(code))
                    throw new InvalidStateException(
                        $"The training run {id} failed with {code}, and would again: its data and options stay. Start a new one "
                        + "with others.");
                var moved = await StatusMover.MoveAsync(db, WorkKind.Training, id, move, cancellationToken);
                if (move is StatusMove.Resume or StatusMove.Retry)
                    await ResetRestartsAsync(db, id, cancellationToken);
                return moved;
            },
            cancellationToken);
        // Its supervisor sees the change within a second; where it has none, the job finds one.
        await queue.EnqueueAsync(JobRequest.Train(id), cancellationToken);
    }

    private static async Task<TrainingRun> LockAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        await StatusMover.LockAsync(db, WorkKind.Training, id, cancellationToken);
        return await db.TrainingRuns.AsNoTracking().SingleAsync(r => r.Id == id, cancellationToken);
    }
}
