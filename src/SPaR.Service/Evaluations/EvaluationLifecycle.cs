using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Evaluations;

/// <summary>Creates evaluations, and stores what belongs to the moves of their status. One that belongs to a run is
/// paused, resumed and cancelled with its run. Knows nothing of models and benchmarks.</summary>
internal sealed class EvaluationLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue)
{
    public async Task CreateAsync(EvaluationRun evaluation, CancellationToken cancellationToken)
    {
        await databases.InTransactionAsync(
            db => StatusMover.CreateAsync(db, WorkKind.Evaluation, evaluation.Id, evaluation, cancellationToken), cancellationToken);
        await queue.EnqueueAsync(JobRequest.Evaluate(evaluation.Id), cancellationToken);
    }

    /// <summary>Has the worker stop; results stay.</summary>
    /// <exception cref="InvalidStateException">It is neither queued nor running, or it belongs to a run.</exception>
    public Task PauseAsync(string id, CancellationToken cancellationToken) => ChangeAsync(id, StatusMove.Pause, cancellationToken);

    /// <summary>Has the worker stop for good; results stay.</summary>
    /// <exception cref="InvalidStateException">It has ended, or is being cancelled already, or it belongs to a run.</exception>
    public Task CancelAsync(string id, CancellationToken cancellationToken) => ChangeAsync(id, StatusMove.Cancel, cancellationToken);

    /// <exception cref="InvalidStateException">It is not paused, or it belongs to a run.</exception>
    public Task ResumeAsync(string id, CancellationToken cancellationToken) => ChangeAsync(id, StatusMove.Resume, cancellationToken);

    /// <summary>Measures the items that failed once more; all other results stay.</summary>
    /// <exception cref="InvalidStateException">It has not ended, or nothing of it failed, or it belongs to a run.</exception>
    public Task RetryAsync(string id, CancellationToken cancellationToken) => ChangeAsync(id, StatusMove.Retry, cancellationToken);

    /// <summary>Marks a queued evaluation as running.</summary>
    /// <returns>Whether it is running now.</returns>
    public Task<bool> StartAsync(string id, CancellationToken cancellationToken) => databases.InTransactionAsync(
        db => StatusMover.StartAsync(db, WorkKind.Evaluation, id, cancellationToken), cancellationToken);

    /// <summary>Ends it with its metrics.</summary>
    public Task SucceedAsync(string id, EvaluationMetrics metrics, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            if (await StatusMover.TryMoveAsync(db, WorkKind.Evaluation, id, StatusMove.Succeed, null, cancellationToken) is null)
                return false;
            await SetMetricsAsync(db, id, metrics, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>Ends one that cannot continue. A retry resumes it.</summary>
    public Task FailAsync(string id, string code, string message, CancellationToken cancellationToken) => databases.InTransactionAsync(
        db => StatusMover.TryMoveAsync(db, WorkKind.Evaluation, id, StatusMove.Fail, new(code, message), cancellationToken),
        cancellationToken);

    /// <summary>Completes a pause or a cancellation that no worker holds up any more. Harmless at any time, from any process.</summary>
    public Task CompleteStopAsync(string id, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            await StatusMover.CompleteStopAsync(db, WorkKind.Evaluation, id, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>Pauses or cancels the evaluation of a run, in the transaction of the run's own move.</summary>
    internal static async Task StopAsync(SparDb db, string id, bool cancel, CancellationToken cancellationToken)
    {
        var move = cancel ? StatusMove.Cancel : StatusMove.Pause;
        await StatusMover.TryMoveAsync(db, WorkKind.Evaluation, id, move, null, cancellationToken);
        await StatusMover.CompleteStopAsync(db, WorkKind.Evaluation, id, cancellationToken);
    }

    /// <summary>Resumes or retries the evaluation of a run, in the transaction of the run's own move.</summary>
    /// <returns>Whether it was paused or failed.</returns>
    internal static async Task<bool> TryContinueAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        if (await StatusMover.TryMoveAsync(db, WorkKind.Evaluation, id, StatusMove.Resume, null, cancellationToken) is not null)
            return true;
        if (await StatusMover.TryMoveAsync(db, WorkKind.Evaluation, id, StatusMove.Retry, null, cancellationToken) is not { } moved)
            return false;
        await ResetFailedAsync(db, id, moved.From, cancellationToken);
        return true;
    }

    private static Task SetMetricsAsync(SparDb db, string id, EvaluationMetrics? metrics, CancellationToken cancellationToken) =>
        db.Evaluations.Where(e => e.Id == id).ExecuteUpdateAsync(set => set.SetProperty(e => e.Metrics, metrics), cancellationToken);

    private async Task ChangeAsync(string id, StatusMove move, CancellationToken cancellationToken)
    {
        var moved = await databases.InTransactionAsync(
            async db =>
            {
                if (await db.Evaluations.Where(e => e.Id == id).Select(e => e.RunId).SingleAsync(cancellationToken) is { } run)
                    throw new InvalidStateException(
                        $"The evaluation {id} belongs to the run {run} and follows its status; pause, resume or cancel the run instead.");
                var moved = await StatusMover.MoveAsync(db, WorkKind.Evaluation, id, move, cancellationToken);
                if (move is StatusMove.Retry)
                    await ResetFailedAsync(db, id, moved.From, cancellationToken);
                // Without a worker on it there is nobody to wait for.
                await StatusMover.CompleteStopAsync(db, WorkKind.Evaluation, id, cancellationToken);
                return moved;
            },
            cancellationToken);
        if (moved.To is RunStatus.Queued)
            await queue.EnqueueAsync(JobRequest.Evaluate(id), cancellationToken);
    }

    private static async Task ResetFailedAsync(SparDb db, string id, RunStatus from, CancellationToken cancellationToken)
    {
        var failed = await db.EvaluationResults.Where(r => r.EvaluationId == id && r.State == ResultState.Failed)
            .ExecuteDeleteAsync(cancellationToken);
        if (failed == 0 && from is RunStatus.Succeeded)
            throw new InvalidStateException($"The evaluation {id} is succeeded and no item of it failed: there is nothing to retry.");
        await SetMetricsAsync(db, id, null, cancellationToken);
    }
}
