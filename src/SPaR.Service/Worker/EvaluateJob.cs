using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SPaR.Abstractions;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Service.Evaluations;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Storage;

namespace SPaR.Service.Worker;

/// <summary>One share of an evaluation on this worker: borrows its models, measures for a while, and hands on, so that evaluations which
/// wait get their turn. One worker has an evaluation at a time.</summary>
internal sealed class EvaluateJob(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    EvaluationLifecycle lifecycle,
    EvaluationStore store,
    EvaluationWorkSlice share,
    IEnumerable<IBenchmark> benchmarks,
    RunModelLoader playing,
    IJobQueue queue,
    WorkerSlots slots,
    IOptions<WorkerOptions> options,
    ILogger<EvaluateJob> logger) : IJobHandler
{
    public string Kind => JobKinds.Evaluate;

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var id = request.Key;
        // Asked for twice: the watch of a worker that is free asks again until that worker gets the job.
        using var claim = slots.TryClaim(id);
        if (claim is null)
            return;
        var isLeft = false;
        try
        {
            isLeft = await WorkAsync(id, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException && error.GetBaseException() is not NpgsqlException)
        {
            // An evaluation that cannot go on says so and ends; what a database in trouble throws goes back to the queue.
            Log.EvaluationFailed(logger, error, id);
            await lifecycle.FailAsync(id, CodeOf(error), error.Message, cancellationToken);
        }

        // Only now is it not held any more, and a pause or a cancellation that waited for this can end.
        await lifecycle.CompleteStopAsync(id, cancellationToken);
        claim.Dispose();
        // A crash before this line leaves a running evaluation without a job: the watch of any worker finds it and enqueues.
        if (isLeft)
            await queue.EnqueueAsync(JobRequest.Evaluate(id), cancellationToken);
    }

    private static string CodeOf(Exception error) => error switch
    {
        ModelRejectedException rejected => rejected.Code,
        NativeLibraryMissingException => "native-library-missing",
        EvaluationException evaluation => evaluation.Code,
        _ => "evaluation-failed",
    };

    /// <returns>Whether there is something left for another share.</returns>
    private async Task<bool> WorkAsync(string id, CancellationToken cancellationToken)
    {
        await using var held = await WorkLock.TryTakeAsync(source, id, cancellationToken);
        if (held is null)
            return false;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var evaluation = await db.Evaluations.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (evaluation is null || (evaluation.Status is not RunStatus.Running && !await lifecycle.StartAsync(id, cancellationToken)))
            return false;
        var benchmark = EvaluationRules.BenchmarkOf(benchmarks, evaluation.Benchmark);
        var end = await MeasureAsync(db, evaluation, benchmark, cancellationToken);
        if (end is SliceEnd.AllDone)
            await lifecycle.SucceedAsync(id, await store.SumUpAsync(evaluation, benchmark, cancellationToken), cancellationToken);
        return end is SliceEnd.TimeUp;
    }

    private async Task<SliceEnd> MeasureAsync(
        SparDb db, EvaluationRun evaluation, IBenchmark benchmark, CancellationToken cancellationToken)
    {
        // Whom nobody asks is the actor once more.
        await using var lease = await playing.LeaseAsync(
            db, evaluation.ActorId, evaluation.RefinerId ?? evaluation.ActorId, evaluation.JudgeId
                ?? evaluation.ActorId, cancellationToken);
        return await share.WorkAsync(
            evaluation, benchmark, lease.Players, evaluation.Id, stop => IsRunningAsync(evaluation.Id, stop), options.Value.Share,
            cancellationToken);
    }

    private async Task<bool> IsRunningAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Evaluations.AnyAsync(e => e.Id == id && e.Status == RunStatus.Running, cancellationToken);
    }
}
