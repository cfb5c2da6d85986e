using SPaR.Service.Http;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Trainings;

/// <summary>Deletes training runs with their metrics, and asks the worker that has a run's folder to remove it. Trained models stay.
/// </summary>
internal static class TrainingDeletion
{
    /// <returns>Why it cannot be deleted; null if it can.</returns>
    public static async Task<ConflictProblem?> RefusalAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        var status = await db.TrainingRuns.Where(t => t.Id == id).Select(t => t.Status).SingleAsync(cancellationToken);
        return StatusChange.RefuseOpen(WorkKind.Training, id, status);
    }

    /// <summary>Part of the transaction that deletes the row, before it does.</summary>
    public static Task RemoveFolderAsync(SparDb db, string id, CancellationToken cancellationToken) => db.Database.ExecuteSqlAsync(
        $"""
        INSERT INTO spar.training_folder_removals (training_run_id, folder_id)
        SELECT id, folder_id FROM spar.training_runs WHERE id = {id} AND folder_id IS NOT NULL
        """, cancellationToken);

    /// <summary>Deletes the trainings of a run, in the transaction that deletes it. No round may refer to them any more.</summary>
    public static async Task DeleteOfRunAsync(SparDb db, string runId, CancellationToken cancellationToken)
    {
        foreach (var id in await db.TrainingRuns.Where(t => t.RunId == runId).Select(t => t.Id).ToListAsync(cancellationToken))
        {
            await RemoveFolderAsync(db, id, cancellationToken);
            await Deletion.DeleteAsync<TrainingRun>(db, id, cancellationToken);
        }
    }
}
