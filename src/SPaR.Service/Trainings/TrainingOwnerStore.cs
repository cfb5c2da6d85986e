using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Trainings;

/// <summary>Assigns training runs to directories (<see cref="TrainingDirectory"/>) and releases them. A worker elsewhere sees neither the
/// process nor the checkpoints of a run: it would train the same a second time, at the same time.</summary>
internal sealed class TrainingOwnerStore(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    /// <summary>Assigns a run that has no directory to this one.</summary>
    /// <returns>Whether it belongs to this one now.</returns>
    public async Task<bool> TryTakeAsync(string id, string machine, string folderId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.TrainingRuns
            .Where(r => r.Id == id && (r.FolderId == null || (r.Machine == machine && r.FolderId == folderId)))
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.Machine, machine).SetProperty(r => r.FolderId, folderId), cancellationToken) == 1;
    }

    /// <summary>Takes a run from a directory that is lost: the next worker starts it afresh.</summary>
    /// <exception cref="InvalidStateException">It has ended, belongs nowhere, or is being supervised.</exception>
    public async Task ReleaseAsync(string id, CancellationToken cancellationToken)
    {
        await using (var db = await databases.CreateDbContextAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var supervised = !await WorkLock.TryTakeAsync(db, id, cancellationToken);
            var run = await db.TrainingRuns.AsNoTracking().SingleAsync(r => r.Id == id, cancellationToken);
            if (run.Status is RunStatus.Succeeded or RunStatus.Cancelled)
                throw new InvalidStateException($"The training run {id} is {EnumName.Of(run.Status)}; there is nothing to release.");
            if (run.FolderId is null)
                throw new InvalidStateException($"The training run {id} belongs to no machine; any worker may start it.");
            if (supervised)
                throw new InvalidStateException(
                    $"A worker on the machine '{run.Machine}' supervises the training run {id} right now, so it is not lost; pause or "
                    + "cancel it, or stop that worker first.");
            // The checkpoints are lost with the directory, so the steps are repeated.
            await db.TrainingMetrics.Where(m => m.TrainingRunId == id).ExecuteDeleteAsync(cancellationToken);
            await db.TrainingRuns.Where(r => r.Id == id).ExecuteUpdateAsync(
                set => set.SetProperty(r => r.Machine, (string?)null).SetProperty(r => r.FolderId, (string?)null)
                    .SetProperty(r => r.Step, 0).SetProperty(r => r.Restarts, 0), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        await queue.EnqueueAsync(JobRequest.Train(id), cancellationToken);
    }
}
