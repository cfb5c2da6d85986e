using Microsoft.EntityFrameworkCore;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Storage;

namespace SPaR.Service.Trainings;

/// <summary>Gives training runs to places (<see cref="TrainingDirectory"/>) and takes them away again. A worker elsewhere sees neither the
/// process nor the checkpoints of a run: it would train the same a second time, beside the first.</summary>
internal sealed class TrainingOwnerStore(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    /// <summary>Gives a run that belongs nowhere to this place.</summary>
    /// <returns>Whether it belongs to this place now.</returns>
    public async Task<bool> TryTakeAsync(string id, string machine, string folderId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.TrainingRuns
            .Where(r => r.Id == id && (r.FolderId == null || (r.Machine == machine && r.FolderId == folderId)))
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.Machine, machine).SetProperty(r => r.FolderId, folderId),
                cancellationToken) == 1;
    }

    /// <summary>Takes a run away from the place it belongs to, which is taken for lost: the next worker starts it afresh.</summary>
    /// <exception cref="InvalidStateException">It has ended, belongs nowhere, or is being supervised.</exception>
    public async Task ReleaseAsync(string id, CancellationToken cancellationToken)
    {
        await using (var db = await databases.CreateDbContextAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var supervised = !await WorkLock.TryTakeAsync(db, id, cancellationToken);
            var run = await db.TrainingRuns.AsNoTracking().SingleAsync(r => r.Id == id, cancellationToken);
            if (run.Status is RunStatus.Succeeded or RunStatus.Cancelled)
                throw new InvalidStateException($"The training run {id} is {EnumName.Of(run.Status)}; nobody works on it any more.");
            if (run.FolderId is null)
                throw new InvalidStateException($"The training run {id} belongs to no machine; any worker may take it up.");
            if (supervised)
                throw new InvalidStateException(
                    $"A worker on the machine '{run.Machine}' supervises the training run {id} at this moment, so it is not lost; pause or "
                    + "cancel it, or stop that worker first.");
            // What the lost place trained is lost with it: the steps are done again.
            await db.TrainingMetrics.Where(m => m.TrainingRunId == id).ExecuteDeleteAsync(cancellationToken);
            await db.TrainingRuns.Where(r => r.Id == id).ExecuteUpdateAsync(
                set => set.SetProperty(r => r.Machine, (string?)null).SetProperty(r => r.FolderId, (string?)null)
                    .SetProperty(r => r.Step, 0).SetProperty(r => r.Restarts, 0), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        await queue.EnqueueAsync(JobRequest.Train(id), cancellationToken);
    }
}
