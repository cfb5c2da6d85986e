using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Models;
using SPaR.Storage;

namespace SPaR.Training;

/// <summary>Keeps one training run going until it ends, is paused or cancelled: prepares its folder, starts its process and starts it
/// again when it dies, reads its metrics, and takes what it made.</summary>
internal sealed class TrainingKeeper(
    IDbContextFactory<SparDb> databases,
    TrainingLifecycle lifecycle,
    TrainingMetricStore metrics,
    TrainingHarvest harvest,
    ITextEngine engine,
    IOptions<TrainerOptions> options,
    IOptions<ModelsOptions> models,
    TimeProvider time,
    ILogger<TrainingKeeper> logger)
{
    private const int MaxRestarts = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    public async Task KeepAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        var folder = options.Value.FolderOf(run.Id);
        var process = new TrainerProcess(folder, TrainerCommand.Of(options.Value));
        var tail = new MetricsTail(Path.Combine(folder, TrainingFolder.Metrics));
        while (true)
        {
            var alive = process.IsAlive is true;
            await metrics.AddAsync(run.Id, tail.Next(), cancellationToken);
            var now = await ReadAsync(run.Id, cancellationToken);
            var stopping = now.Status is TrainingStatus.Pausing or TrainingStatus.Cancelling;
            if (alive && stopping)
                await File.WriteAllTextAsync(Path.Combine(folder, TrainingFolder.Stop), "", cancellationToken);
            if (!alive && await EndAsync(now, folder, process, cancellationToken))
                return;
            if (!alive)
                tail = new(tail.Path);
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    /// <summary>No process runs. Takes its results, puts the run down, or starts a process.</summary>
    /// <returns>Whether there is nothing more to supervise.</returns>
    private async Task<bool> EndAsync(TrainingRun run, string folder, TrainerProcess process, CancellationToken cancellationToken)
    {
        if (run.Status is TrainingStatus.Cancelling)
            return await lifecycle.TryMoveAsync(run.Id, TrainingStatus.Cancelled, cancellationToken);
        if (harvest.IsRipe(run, folder))
        {
            await harvest.TakeAsync(run, folder, cancellationToken);
            return true;
        }

        if (await FailureAsync(folder, cancellationToken) is { } failure)
        {
            await lifecycle.FailAsync(run.Id, failure.Code, failure.Message, failure.Row, cancellationToken);
            return true;
        }

        if (run.Status is TrainingStatus.Pausing)
            return await lifecycle.TryMoveAsync(run.Id, TrainingStatus.Paused, cancellationToken);
        if (run.Status is not TrainingStatus.Running)
            return true;
        if (!File.Exists(Path.Combine(folder, TrainingFolder.Job)))
            await PrepareAsync(run, folder, cancellationToken);
        var stop = Path.Combine(folder, TrainingFolder.Stop);
        // A process that was paused ended as asked; one that nobody stopped has died.
        if (process.IsAlive is false && !File.Exists(stop))
            await CountDeathAsync(run, process, cancellationToken);
        File.Delete(stop);
        await process.StartAsync(time, cancellationToken);
        Log.TrainerStarted(logger, run.Id, folder);
        return false;
    }

    private async Task PrepareAsync(TrainingRun run, string folder, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var parent = await db.Models.AsNoTracking().SingleAsync(m => m.Id == run.ModelId, cancellationToken);
        var file = parent.In(models.Value.Folder);
        var job = new TrainingJob(run.Method, file.Path, run.Options);
        PreparedData data;
        // Only to tokenise; its memory is back before the process starts.
        await using (var model = await engine.LoadAsync(file, cancellationToken))
            data = await TrainingPreparation.WriteAsync(
                folder, job, model, TrainingDataStore.ReadAsync(db, run.Source, cancellationToken), cancellationToken);
        await db.TrainingRuns.Where(r => r.Id == run.Id).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.Rows, data.Rows).SetProperty(r => r.Dropped, data.Dropped)
                .SetProperty(r => r.DatasetHash, data.Hash).SetProperty(r => r.Steps, data.Steps(run.Options)), cancellationToken);
        if (data.Rows == 0)
            throw new TrainingException(
                "no-rows", $"All {data.Dropped.Length} rows were dropped, the first ({data.Dropped.FirstOrDefault()?.Id}) because: "
                + $"{data.Dropped.FirstOrDefault()?.Reason} Raise options.cutoff or give other data.");
        // The job's file says that the folder is complete, so it comes after the row: a crash here prepares it all again.
        await TrainingPreparation.CompleteAsync(folder, job, cancellationToken);
    }

    private async Task CountDeathAsync(TrainingRun run, TrainerProcess process, CancellationToken cancellationToken)
    {
        var said = process.Tail();
        if (TrainerCommand.LacksLibtorch(said))
            throw new TrainingException(
                "trainer-unavailable", $"The trainer cannot run because libtorch or its shim is missing; run ./spar setup. "
                + $"It said: {said}");
        if (run.Restarts >= MaxRestarts)
            throw new TrainingException(
                "trainer-died", $"The training process died {run.Restarts + 1} times, each time going on from its last checkpoint. "
                + $"The last it said: {(said.Length == 0 ? "nothing" : said)}");
        Log.TrainerDied(logger, run.Id, run.Restarts + 1);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.TrainingRuns.Where(r => r.Id == run.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Restarts, r => r.Restarts + 1), cancellationToken);
    }

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
