using Npgsql;
using SPaR.Method;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Supervises one training run on this worker, from its data to its model. The training itself is a process of its own
/// that outlives this job; the next job finds it.</summary>
internal sealed class TrainJob(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    TrainingLifecycle lifecycle,
    TrainingOwnerStore owner,
    TrainingDirectory place,
    TrainingSupervisor supervisor,
    TrainingSlots slots,
    ModelFolder models,
    IOptions<TrainerOptions> options,
    ILogger<TrainJob> logger) : IJobHandler
{
    public string Kind => JobKinds.Train;

    /// <summary>Its steps, and whether its data is prepared.</summary>
    public async Task<JobProgress?> ProgressAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.TrainingRuns.Where(r => r.Id == key && r.Status != RunStatus.Failed)
            .Select(r => new JobProgress(r.Step + (r.Rows == null ? 0 : 1))).SingleOrDefaultAsync(cancellationToken);
    }

    public Task FailAsync(string key, string code, string message, CancellationToken cancellationToken) =>
        lifecycle.FailAsync(key, code, models.WithNames(message), null, cancellationToken);

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var runId = request.Key;
        // No slot is free. The orphan scan of a free worker enqueues the job again.
        using var claim = slots.TryClaim(runId);
        if (claim is null)
            return;
        // Two supervisors would start two processes.
        await using var held = await WorkLock.TryTakeAsync(source, runId, cancellationToken);
        if (held is null)
            return;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, held.Lost);
        try
        {
            await SuperviseAsync(runId, stop.Token);
        }
        catch (OperationCanceledException) when (held.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Another worker may supervise the training already. If none does, an orphan scan finds it.
        }
        catch (Exception error) when (error.IsOfSubject())
        {
            logger.TrainingFailed(error, runId);
            var (code, message) = Failure(runId, error);
            // Its process may still run, and nobody would read its result.
            await supervisor.KillAsync(runId, cancellationToken);
            await FailAsync(runId, code, message, cancellationToken);
        }
    }

    private (string Code, string Message) Failure(string runId, Exception error) => error switch
    {
        ModelRejectedException rejected => (rejected.Code, error.Message),
        NativeLibraryMissingException => ("native-library-missing", error.Message),
        IOException or UnauthorizedAccessException =>
            ("disk", TrainingDisk.Failed(runId, options.Value.FolderOf(runId), error.Message)),
        TrainingException training => (training.Code, error.Message),
        _ => ("supervision-failed", error.Message),
    };

    private async Task SuperviseAsync(string runId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var run = await db.TrainingRuns.AsNoTracking().SingleOrDefaultAsync(r => r.Id == runId, cancellationToken);
        if (run is null || StatusTransitions.IsEnd(run.Status) || run.Status is RunStatus.Paused)
            return;
        // One of another machine is left to the workers there.
        if ((run.Machine ?? place.Machine) != place.Machine
            || !await owner.TryTakeAsync(runId, place.Machine, place.FolderId(), cancellationToken))
            return;
        if (run.Status is RunStatus.Queued)
        {
            // In this order: clearing twice does no harm.
            supervisor.Attach(runId);
            await lifecycle.TryMoveAsync(runId, StatusMove.Start, cancellationToken);
        }

        await supervisor.SuperviseAsync(run, cancellationToken);
    }
}

/// <summary>A training that cannot continue, for a reason that its user can fix.</summary>
internal sealed class TrainingException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
