using SPaR.Method;
using SPaR.Service.Logging;

namespace SPaR.Service.Trainings;

/// <summary>Removes from this worker's training folder, every minute, what nobody needs: the folders of deleted training runs, the
/// checkpoints and rows of those that have succeeded, and the folders of those that ended more than <see cref="TrainerOptions.KeepDays"/>
/// days ago. Leaves alone what is not a folder of its own database's training runs.</summary>
internal sealed class TrainingFolderSweep(
    IDbContextFactory<SparDb> databases, TrainingDirectory place, IOptions<TrainerOptions> options, TimeProvider time,
    ILogger<TrainingFolderSweep> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Removes the checkpoints and the rows of a training that has succeeded: nothing resumes it.</summary>
    public static void Shrink(string folder)
    {
        if (Path.Combine(folder, TrainingFolder.Checkpoints) is var checkpoints && Directory.Exists(checkpoints))
            Directory.Delete(checkpoints, recursive: true);
        File.Delete(Path.Combine(folder, TrainingFolder.Data));
        File.Delete(Path.Combine(folder, TrainingFolder.EvalData));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException || error.IsDatabaseError())
            {
                // The next sweep tries again.
                logger.TrainingSweepFailed(error, options.Value.Folder);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var folderId = place.FolderId();
        var here = Directory.EnumerateDirectories(options.Value.Folder, "trn_*").Select(path => Path.GetFileName(path)).ToArray();
        await foreach (var removal in db.TrainingFolderRemovals.Where(r => r.FolderId == folderId).AsAsyncEnumerable())
        {
            Remove(options.Value.FolderOf(removal.TrainingRunId));
            db.TrainingFolderRemovals.Remove(removal);
        }

        await db.SaveChangesAsync(cancellationToken);
        var ended = await db.TrainingRuns.AsNoTracking()
            .Where(r => here.Contains(r.Id) && r.FolderId == folderId
                && (r.Status == RunStatus.Succeeded || r.Status == RunStatus.Failed || r.Status == RunStatus.Cancelled))
            .Select(r => new { r.Id, r.Status, r.FinishedAt }).ToListAsync(cancellationToken);
        var oldest = time.GetUtcNow() - TimeSpan.FromDays(options.Value.KeepDays);
        foreach (var run in ended)
        {
            var folder = options.Value.FolderOf(run.Id);
            if (run.FinishedAt < oldest)
                await RemoveOldAsync(db, run.Id, folder, cancellationToken);
            else if (run.Status is RunStatus.Succeeded)
                Shrink(folder);
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>A run without a folder belongs to no machine: one that is resumed starts afresh, on any.</summary>
    private static async Task RemoveOldAsync(SparDb db, string id, string folder, CancellationToken cancellationToken)
    {
        // The row first, and only while the run has ended: whoever resumes it meanwhile keeps its checkpoints.
        var released = await db.TrainingRuns
            .Where(r => r.Id == id
                && (r.Status == RunStatus.Succeeded || r.Status == RunStatus.Failed || r.Status == RunStatus.Cancelled))
            .ExecuteUpdateAsync(
                set => set.SetProperty(r => r.Machine, (string?)null).SetProperty(r => r.FolderId, (string?)null), cancellationToken);
        if (released == 1)
            Remove(folder);
    }
}
