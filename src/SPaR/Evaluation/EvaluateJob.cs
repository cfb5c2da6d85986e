using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SPaR.Abstractions;
using SPaR.Jobs;
using SPaR.Runs;
using SPaR.Storage;

namespace SPaR.Evaluation;

/// <summary>One share of an evaluation on this worker: borrows its models, measures for a while, and hands on, so that evaluations which
/// wait get their turn. One worker has an evaluation at a time.</summary>
internal sealed class EvaluateJob(
    IDbContextFactory<SparDb> databases,
    NpgsqlDataSource source,
    EvaluationLifecycle lifecycle,
    EvaluationStore store,
    ItemShare share,
    IEnumerable<IBenchmark> benchmarks,
    PlayerStore playing,
    IJobQueue queue,
    WorkerDesk desk,
    IOptions<WorkerOptions> options,
    ILogger<EvaluateJob> logger) : IJobHandler
{
    public const string JobKind = "evaluate";

    public string Kind => JobKind;

    public static JobRequest Request(string evaluationId) => new(JobKind, evaluationId, "{}");

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var id = request.Key;
        // Asked for twice: the watch of a worker that is free asks again until that worker gets the job.
        using var claim = desk.TryClaim(id);
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
        await lifecycle.SettleAsync(id, cancellationToken);
        claim.Dispose();
        // A crash before this line leaves a running evaluation without a job: the watch of any worker finds it and enqueues.
        if (isLeft)
            await queue.EnqueueAsync(Request(id), cancellationToken);
    }

    /// <summary>What an evaluation asks, as a benchmark of this program.</summary>
    /// <exception cref="EvaluationException">There is none of that name.</exception>
    internal static IBenchmark BenchmarkOf(IEnumerable<IBenchmark> benchmarks, string name) =>
        benchmarks.FirstOrDefault(b => b.Name == name)
        ?? throw new EvaluationException(
            "unknown-benchmark", $"This worker has no benchmark '{name}'; run a worker of the version that took the request.");

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
        var benchmark = BenchmarkOf(benchmarks, evaluation.Benchmark);
        var end = await MeasureAsync(db, evaluation, benchmark, cancellationToken);
        if (end is ShareEnd.AllDone)
            await lifecycle.SucceedAsync(id, await store.FiguresAsync(evaluation, benchmark, cancellationToken), cancellationToken);
        return end is ShareEnd.TimeIsOver;
    }

    private async Task<ShareEnd> MeasureAsync(
        SparDb db, EvaluationRun evaluation, IBenchmark benchmark, CancellationToken cancellationToken)
    {
        // Whom nobody asks is the actor once more.
        await using var loan = await playing.BorrowAsync(
            db, evaluation.ActorId, evaluation.RefinerId ?? evaluation.ActorId, evaluation.JudgeId ?? evaluation.ActorId, cancellationToken);
        return await share.WorkAsync(
            evaluation, benchmark, loan.Players, evaluation.Id, stop => IsRunningAsync(evaluation.Id, stop), options.Value.Share,
            cancellationToken);
    }

    private async Task<bool> IsRunningAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Evaluations.AnyAsync(e => e.Id == id && e.Status == RunStatus.Running, cancellationToken);
    }
}

/// <summary>An evaluation that cannot go on, for a reason that its user can do something about.</summary>
internal sealed class EvaluationException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
