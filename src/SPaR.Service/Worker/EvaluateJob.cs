using Npgsql;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Service.Evaluations;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Models;

namespace SPaR.Service.Worker;

/// <summary>One work slice of an evaluation on this worker: leases its models, measures for a while, and hands on, so that waiting
/// evaluations get their turn. One worker at a time works on an evaluation.</summary>
internal sealed class EvaluateJob(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    EvaluationLifecycle lifecycle,
    EvaluationStore store,
    EvaluationWorkSlice slice,
    IEnumerable<IBenchmark> benchmarks,
    RunModelLoader loader,
    ModelFolder folder,
    IJobQueue queue,
    WorkerSlots slots,
    ActivityReport activity,
    ILogger<EvaluateJob> logger) : IJobHandler
{
    public string Kind => JobKinds.Evaluate;

    /// <summary>Its results; one that failed is measured again by a retry.</summary>
    public async Task<JobProgress?> ProgressAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var measured = db.EvaluationResults.Where(r => r.EvaluationId == key && r.State != ResultState.Failed);
        return await db.Evaluations.Where(e => e.Id == key && e.Status != RunStatus.Failed)
            .Select(e => new JobProgress(measured.LongCount())).SingleOrDefaultAsync(cancellationToken);
    }

    public Task FailAsync(string key, string code, string message, CancellationToken cancellationToken) =>
        lifecycle.FailAsync(key, code, folder.WithNames(message), cancellationToken);

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var id = request.Key;
        // This worker has it already. The orphan scan of a free worker enqueues the job until that worker gets it.
        using var claim = slots.TryClaim(id);
        if (claim is null)
            return;
        var isLeft = false;
        try
        {
            isLeft = await WorkAsync(id, request.IsSuspect, cancellationToken);
        }
        catch (Exception error) when (error.IsOfSubject())
        {
            logger.EvaluationFailed(error, id);
            await FailAsync(id, CodeOf(error), error.Message, cancellationToken);
        }

        // The lock is released, so a pause or a cancellation that waited for it can complete.
        await lifecycle.CompleteStopAsync(id, cancellationToken);
        claim.Dispose();
        // A crash before this line leaves a running evaluation without a job: any worker's orphan scan finds it and enqueues one.
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

    /// <returns>Whether items may be left for another slice.</returns>
    private async Task<bool> WorkAsync(string id, bool oneByOne, CancellationToken cancellationToken)
    {
        await using var held = await WorkLock.TryTakeAsync(source, id, cancellationToken);
        if (held is null)
            return false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, held.Lost);
        try
        {
            return await WorkOnHeldAsync(id, oneByOne, stop.Token);
        }
        catch (OperationCanceledException) when (held.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Another worker may have the evaluation already; the next job finds out.
            return true;
        }
    }

    private async Task<bool> WorkOnHeldAsync(string id, bool oneByOne, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var evaluation = await db.Evaluations.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (evaluation is null || (evaluation.Status is not RunStatus.Running && !await lifecycle.StartAsync(id, cancellationToken)))
            return false;
        var benchmark = EvaluationRules.BenchmarkOf(benchmarks, evaluation.Benchmark);
        var end = await MeasureAsync(db, evaluation, benchmark, oneByOne, cancellationToken);
        if (end is SliceEnd.AllDone)
            await lifecycle.SucceedAsync(id, await store.SumUpAsync(evaluation, benchmark, cancellationToken), cancellationToken);
        return end is SliceEnd.TimeUp;
    }

    private async Task<SliceEnd> MeasureAsync(
        SparDb db, EvaluationRun evaluation, IBenchmark benchmark, bool oneByOne, CancellationToken cancellationToken)
    {
        using var work = activity.Start(evaluation.Id);
        // A role that the benchmark does not use gets the actor, which is loaded anyway.
        await using var lease = await loader.LeaseAsync(
            db, evaluation.ActorId, evaluation.RefinerId ?? evaluation.ActorId, evaluation.JudgeId ?? evaluation.ActorId,
            cancellationToken);
        work.Meter.Phase = WorkPhase.Evaluate;
        return await slice.WorkAsync(evaluation, benchmark, lease.Models, work.Meter, oneByOne, cancellationToken);
    }
}
