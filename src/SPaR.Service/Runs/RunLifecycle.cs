using Microsoft.EntityFrameworkCore;
using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Rounds;
using SPaR.Service.Storage;

namespace SPaR.Service.Runs;

/// <summary>Creates runs, and takes what belongs to a run along when its status moves: its round, its items, its training and its
/// evaluations. Knows nothing of models or of the method.</summary>
internal sealed class RunLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue, TimeProvider time)
{
    /// <summary>Stores a queued run with its first round, and enqueues its job.</summary>
    public async Task CreateAsync(Run run, CancellationToken cancellationToken)
    {
        await databases.InTransactionAsync(
            async db =>
            {
                db.Runs.Add(run);
                await db.SaveChangesAsync(cancellationToken);
                await RoundLifecycle.BeginAsync(db, run, cancellationToken);
                await StatusMover.AnnounceAsync(db, run.Id, cancellationToken);
                return run;
            },
            cancellationToken);
        // A crash here leaves a queued run without a job: any worker's orphan scan finds it and enqueues one.
        await queue.EnqueueAsync(JobRequest.Run(run.Id), cancellationToken);
    }

    /// <summary>Has the workers stop at the next row; what is stored stays.</summary>
    /// <exception cref="InvalidStateException">It is neither queued nor running.</exception>
    public Task PauseAsync(string runId, CancellationToken cancellationToken) => StopAsync(runId, StatusMove.Pause, cancellationToken);

    /// <summary>Has the workers stop for good; what is stored stays.</summary>
    /// <exception cref="InvalidStateException">It has ended, or is being cancelled already.</exception>
    public Task CancelAsync(string runId, CancellationToken cancellationToken) => StopAsync(runId, StatusMove.Cancel, cancellationToken);

    /// <summary>Resumes a paused run and its training.</summary>
    /// <exception cref="InvalidStateException">It is not paused, or the failure of its training is permanent.</exception>
    public Task ResumeAsync(string runId, CancellationToken cancellationToken) =>
        ContinueAsync(runId, StatusMove.Resume, cancellationToken);

    /// <summary>Gives the items of the current round that ended in error, its failed training, and the run another chance; what they
    /// stored before is kept and used.</summary>
    /// <exception cref="InvalidStateException">It has not ended, or nothing of it can be retried.</exception>
    public Task RetryAsync(string runId, CancellationToken cancellationToken) =>
        ContinueAsync(runId, StatusMove.Retry, cancellationToken);

    /// <summary>Marks a queued run as running.</summary>
    /// <returns>Whether it is running now.</returns>
    internal Task<bool> StartAsync(string runId, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            var isRunning = await StatusMover.StartAsync(db, WorkKind.Run, runId, cancellationToken);
            if (isRunning)
                await MoveEvaluationsAsync(db, runId, RunStatus.Running, null, cancellationToken);
            return isRunning;
        },
        cancellationToken);

    /// <summary>Ends a run that cannot continue. Its pending items end in error with the same detail; a retry gives them another chance.
    /// </summary>
    internal Task FailAsync(string runId, string detail, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            if (!await TryMoveAsync(db, runId, StatusMove.Fail, detail, cancellationToken))
                return false;
            await ItemStore.FailPendingAsync(db, runId, detail, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <summary>Takes the steps that are due: the next stage of a round whose work is done, or the end of a pause or a cancellation that
    /// no worker holds up any more. Harmless at any time, from any process.</summary>
    /// <returns>The status after them.</returns>
    internal async Task<RunStatus> AdvanceAsync(string runId, CancellationToken cancellationToken)
    {
        var (status, job) = await databases.InTransactionAsync(
            async db =>
            {
                var progress = await AdvanceAsync(db, runId, cancellationToken);
                return (await StatusMover.LockAsync(db, WorkKind.Run, runId, cancellationToken), progress.Job);
            },
            cancellationToken);
        // A crash here leaves a stage that nobody works on: the orphan scans find it, as they find one whose worker was killed.
        if (job is not null)
            await queue.EnqueueAsync(job, cancellationToken);
        return status;
    }

    /// <summary>Stores what a benchmark gave for the current round of a run.</summary>
    internal Task EvaluatedAsync(
        RunRound round, string benchmark, IReadOnlyDictionary<string, Measure> measures, CancellationToken cancellationToken) =>
        databases.InTransactionAsync(
            async db =>
            {
                await StatusMover.LockAsync(db, WorkKind.Run, round.RunId, cancellationToken);
                await RoundStore.EvaluatedAsync(db, round, benchmark, measures, cancellationToken);
                await StatusMover.AnnounceAsync(db, round.RunId, cancellationToken);
                return round;
            },
            cancellationToken);

    private Task StopAsync(string runId, StatusMove move, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            var moved = await StatusMover.MoveAsync(db, WorkKind.Run, runId, move, cancellationToken);
            await MoveEvaluationsAsync(db, runId, moved.To, null, cancellationToken);
            // Without a worker on it there is nobody to wait for.
            return await AdvanceAsync(db, runId, cancellationToken);
        },
        cancellationToken);

    private async Task ContinueAsync(string runId, StatusMove move, CancellationToken cancellationToken)
    {
        var training = await databases.InTransactionAsync(
            async db =>
            {
                var moved = await StatusMover.MoveAsync(db, WorkKind.Run, runId, move, cancellationToken);
                var run = await ReadAsync(db, runId, cancellationToken);
                if (move is StatusMove.Retry)
                    await RetryFailedAsync(db, run, moved.From, cancellationToken);
                await MoveEvaluationsAsync(db, runId, moved.To, null, cancellationToken);
                return await RoundLifecycle.ContinueAsync(db, run, cancellationToken);
            },
            cancellationToken);
        await queue.EnqueueAsync(JobRequest.Run(runId), cancellationToken);
        if (training is not null)
            await queue.EnqueueAsync(training, cancellationToken);
    }

    private static async Task RetryFailedAsync(SparDb db, Run run, RunStatus from, CancellationToken cancellationToken)
    {
        var items = await RetryItemsAsync(db, run, cancellationToken);
        var evaluations = db.Evaluations;
        await db.EvaluationResults.Where(r => r.State == ResultState.Failed && evaluations.Any(
                e => e.Id == r.EvaluationId && e.RunId == run.Id && e.Status != RunStatus.Succeeded))
            .ExecuteDeleteAsync(cancellationToken);
        if (items == 0 && from is RunStatus.Succeeded)
            throw new InvalidStateException(run.Recipe.Train is null
                ? $"The run {run.Id} is succeeded and no item of it ended in error: there is nothing to retry."
                : $"The run {run.Id} is succeeded, and its models are trained on what its rounds gave: there is nothing to retry.");
    }

    /// <summary>Makes the items in error pending again, unless a model has been trained without them.</summary>
    /// <returns>How many.</returns>
    private static async Task<int> RetryItemsAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var round = await RoundStore.CurrentAsync(db, run.Id, cancellationToken);
        if (round.Stage is not RoundStage.SelfPlay && run.Recipe.Train is not null)
            return 0;
        var items = await ItemStore.RetryFailedAsync(db, run.Id, round.Round, cancellationToken);
        if (items > 0)
            await RoundStore.EnterAsync(db, round, RoundStage.SelfPlay, cancellationToken);
        return items;
    }

    private async Task<RoundProgress> AdvanceAsync(SparDb db, string runId, CancellationToken cancellationToken)
    {
        await StatusMover.LockAsync(db, WorkKind.Run, runId, cancellationToken);
        var run = await ReadAsync(db, runId, cancellationToken);
        var progress = run.Status switch
        {
            RunStatus.Running => await RoundLifecycle.AdvanceAsync(db, run, time, cancellationToken),
            RunStatus.Pausing or RunStatus.Cancelling => await CompleteStopAsync(db, run, cancellationToken),
            _ => new(),
        };
        if (progress.End is { } end)
            await TryMoveAsync(db, runId, end, progress.Detail, cancellationToken);
        else if (progress.HasMoved)
            await StatusMover.AnnounceAsync(db, runId, cancellationToken);
        return progress;
    }

    private static async Task<RoundProgress> CompleteStopAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var cancel = run.Status is RunStatus.Cancelling;
        if (await RoundLifecycle.StopAsync(db, run, cancel, cancellationToken)
            || (await ItemStore.TotalsAsync(db, run.Id, null, cancellationToken)).Leased > 0)
            return new();
        await ItemStore.ReleaseLeasesAsync(db, run.Id, cancel, cancellationToken);
        return new(HasMoved: true, End: StatusMove.CompleteStop);
    }

    private static Task<Run> ReadAsync(SparDb db, string runId, CancellationToken cancellationToken) =>
        db.Runs.AsNoTracking().SingleAsync(r => r.Id == runId, cancellationToken);

    private static async Task<bool> TryMoveAsync(
        SparDb db, string runId, StatusMove move, string? detail, CancellationToken cancellationToken)
    {
        if (await StatusMover.TryMoveAsync(db, WorkKind.Run, runId, move, new(null, detail), cancellationToken) is not { } moved)
            return false;
        await MoveEvaluationsAsync(db, runId, moved.To, detail, cancellationToken);
        return true;
    }

    // Until it is done, an evaluation of a run has the status of its run.
    private static Task MoveEvaluationsAsync(SparDb db, string runId, RunStatus to, string? detail, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.evaluations SET status = {EnumName.Of(to)}, failure_code = CASE WHEN {to == RunStatus.Failed} THEN 'run-failed' END,
                failure_message = CASE WHEN {to == RunStatus.Failed} THEN {detail} END,
                finished_at = CASE WHEN {StatusTransitions.IsEnd(to)} THEN now() END
            WHERE run_id = {runId} AND status NOT IN ('succeeded', 'cancelled') AND {to != RunStatus.Succeeded}
            """, cancellationToken);
}
