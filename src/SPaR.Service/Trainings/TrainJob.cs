using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SPaR.Abstractions;
using SPaR.Method;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Storage;

namespace SPaR.Service.Trainings;

/// <summary>Supervises one training run on this worker, from its data to its model. The training itself runs in a process of its own,
/// which goes on when this job is cut off; the next one finds it.</summary>
internal sealed class TrainJob(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    TrainingLifecycle lifecycle,
    TrainingOwnerStore owner,
    TrainingDirectory place,
    TrainingSupervisor supervisor,
    TrainingSlots slots,
    IOptions<TrainerOptions> options,
    ILogger<TrainJob> logger) : IJobHandler
{
    public string Kind => JobKinds.Train;

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var runId = request.Key;
        // Too much to do already: the watch of a worker that is free asks again.
        using var claim = slots.TryClaim(runId);
        if (claim is null)
            return;
        // Two supervisors would start two processes.
        await using var held = await WorkLock.TryTakeAsync(source, runId, cancellationToken);
        if (held is null)
            return;
        try
        {
            await SuperviseAsync(runId, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException && error.GetBaseException() is not NpgsqlException)
        {
            // A run that cannot be prepared says so and ends; what a database in trouble throws goes back to the queue.
            Log.TrainingFailed(logger, error, runId);
            var (code, message) = Failure(runId, error);
            // It may have failed while its process runs, and nobody would read what that makes.
            await supervisor.KillAsync(runId, cancellationToken);
            await lifecycle.FailAsync(runId, code, message, null, cancellationToken);
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
        // One of another machine stays: its own worker's watch asks again.
        if ((run.Machine ?? place.Machine) != place.Machine
            || !await owner.TryTakeAsync(runId, place.Machine, place.FolderId(), cancellationToken))
            return;
        if (run.Status is RunStatus.Queued)
        {
            // In this order: what is cleared away twice does no harm.
            supervisor.Attach(runId);
            await lifecycle.TryMoveAsync(runId, StatusMove.Start, cancellationToken);
        }

        await supervisor.SuperviseAsync(run, cancellationToken);
    }
}

/// <summary>A run that cannot go on, for a reason that its user can do something about.</summary>
internal sealed class TrainingException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
