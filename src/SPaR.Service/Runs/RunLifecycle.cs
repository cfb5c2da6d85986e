using SPaR.Method;
using SPaR.Service.Events;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Rounds;

namespace SPaR.Service.Runs;

/// <summary>Creates runs, and takes what belongs to a run along when its status moves: its items, its training and its
/// evaluations. Knows nothing of models or of the method.</summary>
internal sealed class RunLifecycle(IDbContextFactory<SparDb> databases, IJobQueue queue, RoundLifecycle rounds)
{
    /// <summary>Stores a queued run with its first round, and enqueues its job.</summary>
    public async Task CreateAsync(Run run, CancellationToken cancellationToken)
    {
        await databases.InTransactionAsync(
            async db =>
            {
                await StatusMover.CreateAsync(db, WorkKind.Run, run.Id, run, cancellationToken);
                await RoundLifecycle.StartAsync(db, run, cancellationToken);
                return run;
            },
            cancellationToken);
        await queue.EnqueueAsync(JobRequest.Run(run.Id), cancellationToken);
    }

    /// <summary>Has the workers stop at the next row; what is stored stays.</summary>
    /// <exception cref="InvalidStateException">It is neither queued nor running.</exception>
    public Task PauseAsync(string runId, CancellationToken cancellationToken) => StopAsync(runId, StatusMove.Pause, cancellationToken);

    /// <summary>Has the workers stop for good; what is stored stays.</summary>
    /// <exception cref="InvalidStateException">It has ended, or is being cancelled already.</exception>
    public Task CancelAsync(string runId, CancellationToken cancellationToken) => StopAsync(runId, StatusMove.Cancel, cancellationToken);

    /// <summary>Resumes a paused run, and its training or evaluation.</summary>
    /// <exception cref="InvalidStateException">It is not paused, or the failure of its training is permanent.</exception>
    public Task ResumeAsync(string runId, CancellationToken cancellationToken) =>
        ContinueAsync(runId, StatusMove.Resume, cancellationToken);

    /// <summary>Retries the run, the items of its current round that ended in error, and its failed training or evaluation; what they
    /// stored before is kept and used.</summary>
    /// <exception cref="InvalidStateException">It has not ended, or nothing of it can be retried.</exception>
    public Task RetryAsync(string runId, CancellationToken cancellationToken) =>
        ContinueAsync(runId, StatusMove.Retry, cancellationToken);

    /// <summary>Marks a queued run as running.</summary>
    /// <returns>Whether it is running now.</returns>
    internal Task<bool> StartAsync(string runId, CancellationToken cancellationToken) => databases.InTransactionAsync(
        db => StatusMover.StartAsync(db, WorkKind.Run, runId, cancellationToken), cancellationToken);

    /// <summary>Stores what the check before the start found, unless another worker has.</summary>
    internal Task SetPreflightAsync(string runId, Preflight found, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            var stored = await db.Runs.Where(r => r.Id == runId && r.Preflight == null)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.Preflight, found), cancellationToken);
            if (stored > 0)
                await EventLog.AddAsync(
                    db, runId, "run.preflight",
                    new() { ["readable_rate"] = found.ReadableRate, ["warning"] = found.Warning }, cancellationToken);
            return stored;
        },
        cancellationToken);

    /// <summary>Ends a run that cannot continue. Its pending items end in error with the same detail; a retry gives them another chance.
    /// </summary>
    internal Task FailAsync(string runId, string code, string detail, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            if (await StatusMover.TryMoveAsync(db, WorkKind.Run, runId, StatusMove.Fail, new(code, detail), cancellationToken) is null)
                return false;
            await RoundLifecycle.FailAsync(db, runId, detail, cancellationToken);
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

    private Task StopAsync(string runId, StatusMove move, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db =>
        {
            await StatusMover.MoveAsync(db, WorkKind.Run, runId, move, cancellationToken);
            // Without a worker on it there is nobody to wait for.
            return await AdvanceAsync(db, runId, cancellationToken);
        },
        cancellationToken);

    private async Task ContinueAsync(string runId, StatusMove move, CancellationToken cancellationToken)
    {
        var job = await databases.InTransactionAsync(
            async db =>
            {
                var moved = await StatusMover.MoveAsync(db, WorkKind.Run, runId, move, cancellationToken);
                var run = await ReadAsync(db, runId, cancellationToken);
                if (move is StatusMove.Retry)
                    await RetryFailedAsync(db, run, moved.From, cancellationToken);
                return await RoundLifecycle.ContinueAsync(db, run, cancellationToken);
            },
            cancellationToken);
        await queue.EnqueueAsync(JobRequest.Run(runId), cancellationToken);
        if (job is not null)
            await queue.EnqueueAsync(job, cancellationToken);
    }

    private static async Task RetryFailedAsync(SparDb db, Run run, RunStatus from, CancellationToken cancellationToken)
    {
        var items = await RetryItemsAsync(db, run, cancellationToken);
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
            RunStatus.Running => await rounds.AdvanceAsync(db, run, cancellationToken),
            RunStatus.Pausing or RunStatus.Cancelling => await CompleteStopAsync(db, run, cancellationToken),
            _ => new(),
        };
        if (progress.End is { } end)
            await StatusMover.TryMoveAsync(db, WorkKind.Run, runId, end, new(progress.Code, progress.Detail), cancellationToken);
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
}
