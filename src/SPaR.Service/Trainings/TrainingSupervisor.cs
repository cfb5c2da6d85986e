using System.Text.Json;
using SPaR.Method;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Supervises one training run until it ends, is paused or cancelled: prepares its folder, starts its process and restarts it when
/// it dies, reads its metrics, and imports its result.</summary>
internal sealed class TrainingSupervisor(
    IDbContextFactory<SparDb> databases,
    TrainingLifecycle lifecycle,
    TrainingMetricStore metrics,
    TrainingIntake intake,
    TrainingResultImporter importer,
    ModelFolder models,
    IOptions<TrainerOptions> options,
    TimeProvider time,
    ILogger<TrainingSupervisor> logger)
{
    private const int MaxRestarts = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    /// <summary>Clears how a run ended before it was resumed: its old failure and the exit of its old process no longer count.</summary>
    public void Attach(string runId)
    {
        var folder = options.Value.FolderOf(runId);
        if (!Directory.Exists(folder))
            return;
        File.Delete(Path.Combine(folder, TrainingFolder.Failure));
        ProcessIn(folder).Forget();
    }

    /// <summary>Kills the process of a run that nobody supervises any longer.</summary>
    public Task KillAsync(string runId, CancellationToken cancellationToken) =>
        ProcessIn(options.Value.FolderOf(runId)).KillAsync(cancellationToken);

    /// <returns>When there is nothing more to supervise.</returns>
    public async Task SuperviseAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        var folder = options.Value.FolderOf(run.Id);
        var process = ProcessIn(folder);
        var tail = new MetricsTail(Path.Combine(folder, TrainingFolder.Metrics));
        long? cancelled = null;
        while (true)
        {
            var alive = process.IsAlive is true;
            await metrics.AddAsync(run.Id, tail.Next(), cancellationToken);
            var now = await ReadAsync(run.Id, cancellationToken);
            if (alive && now.Status is RunStatus.Pausing or RunStatus.Cancelling)
                await File.WriteAllTextAsync(Path.Combine(folder, TrainingFolder.Stop), "", cancellationToken);
            // A pause waits for the checkpoint, however long the step takes; a cancellation needs no checkpoint.
            if (alive && now.Status is RunStatus.Cancelling
                && time.GetElapsedTime(cancelled ??= time.GetTimestamp()).TotalSeconds >= options.Value.CancelGraceSeconds)
            {
                logger.TrainerKilled(run.Id, options.Value.CancelGraceSeconds);
                await process.KillAsync(cancellationToken);
            }

            if (!alive && await EndAsync(now, folder, process, cancellationToken))
                return;
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    /// <summary>No process runs. Imports the result, completes a stop, or starts a process.</summary>
    /// <returns>Whether there is nothing more to supervise.</returns>
    private async Task<bool> EndAsync(TrainingRun run, string folder, TrainerProcess process, CancellationToken cancellationToken)
    {
        if (run.Status is RunStatus.Cancelling)
            return await lifecycle.TryMoveAsync(run.Id, StatusMove.CompleteStop, cancellationToken);
        if (importer.IsComplete(run, folder))
        {
            await importer.ImportAsync(run, folder, cancellationToken);
            return true;
        }

        if (await FailureAsync(folder, cancellationToken) is { } failure)
        {
            await lifecycle.FailAsync(run.Id, failure.Code, models.WithNames(failure.Message), failure.Row, cancellationToken);
            return true;
        }

        if (run.Status is RunStatus.Pausing)
            return await lifecycle.TryMoveAsync(run.Id, StatusMove.CompleteStop, cancellationToken);
        if (run.Status is not RunStatus.Running)
            return true;
        if (!File.Exists(Path.Combine(folder, TrainingFolder.Job)) && !await PrepareAsync(run, folder, cancellationToken))
            return false;
        if (process.IsAlive is false)
            await CountDeathAsync(run, folder, process, cancellationToken);
        File.Delete(Path.Combine(folder, TrainingFolder.Stop));
        await process.StartAsync(time, cancellationToken);
        logger.TrainerStarted(run.Id, folder);
        return false;
    }

    /// <summary>Prepares the folder unless the run is paused or cancelled meanwhile; a half-prepared folder is prepared again.</summary>
    /// <returns>Whether it is prepared.</returns>
    private async Task<bool> PrepareAsync(TrainingRun run, string folder, CancellationToken cancellationToken)
    {
        using var wanted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var preparing = intake.PrepareAsync(run, folder, wanted.Token);
        try
        {
            while (await Task.WhenAny(preparing, Task.Delay(Interval, time, cancellationToken)) != preparing)
                if ((await ReadAsync(run.Id, cancellationToken)).Status is not RunStatus.Running)
                    break;
        }
        finally
        {
            if (!preparing.IsCompleted)
                await wanted.CancelAsync();
            await preparing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (wanted.IsCancellationRequested)
            return false;
        await preparing;
        return true;
    }

    private async Task CountDeathAsync(TrainingRun run, string folder, TrainerProcess process, CancellationToken cancellationToken)
    {
        var said = process.Tail();
        if (TrainingDisk.IsFull(folder))
            throw new TrainingException("disk", TrainingDisk.Full(run.Id, folder));
        if (run.Restarts >= MaxRestarts)
            throw new TrainingException(
                "trainer-died", $"The training process died {run.Restarts + 1} times, each time resuming from its last checkpoint. Fix "
                + $"what kills it (most often memory), then POST /v1/training-runs/{run.Id}/resume. "
                + $"Its last output: {(said.Length == 0 ? "none" : said)}");
        logger.TrainerDied(run.Id, run.Restarts + 1);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.TrainingRuns.Where(r => r.Id == run.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Restarts, r => r.Restarts + 1), cancellationToken);
    }

    private TrainerProcess ProcessIn(string folder) => new(folder, TrainerCommand.Of(options.Value));

    private async Task<TrainingRun> ReadAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.TrainingRuns.AsNoTracking().SingleAsync(r => r.Id == id, cancellationToken);
    }

    private static async Task<TrainingFailure?> FailureAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, TrainingFolder.Failure);
        return File.Exists(path)
            ? JsonSerializer.Deserialize<TrainingFailure>(await File.ReadAllTextAsync(path, cancellationToken), TrainingJson.Options)
            : null;
    }

    private sealed record TrainingFailure(string Code, string Message, string? Row = null);
}
