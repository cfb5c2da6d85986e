using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Logging;
using SPaR.Service.Rounds;
using SPaR.Service.Runs;
using SPaR.Service.Storage;

namespace SPaR.Service.Worker;

/// <summary>One share of a run's current round on this worker: loads what its stage needs, works for a while, and hands on. A stage that
/// trains needs no worker here; <see cref="Trainings.TrainJob"/> supervises it. Any number of workers may have a
/// share of one run at a time, each at most one.</summary>
internal sealed class RunJob(
    IDbContextFactory<SparDb> databases,
    RunLifecycle lifecycle,
    IJobQueue queue,
    ModelCache models,
    RunModelLoader playing,
    ItemWork work,
    RunWorkSlice share,
    RoundEvaluation evaluation,
    WorkerSlots slots,
    ILogger<RunJob> logger) : IJobHandler
{
    public string Kind => JobKinds.Run;

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var runId = request.Key;
        // Asked for twice: the watch of a worker that is free asks again until that worker gets the job.
        using var claim = slots.TryClaim(runId);
        if (claim is null)
            return;
        try
        {
            await WorkAsync(runId, claim, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException && error.GetBaseException() is not NpgsqlException)
        {
            // A run that cannot be worked on says so and ends; what a database in trouble throws goes back to the queue, to be tried again.
            Log.RunFailed(logger, error, runId);
            await lifecycle.FailAsync(runId, error.Message, cancellationToken);
        }
    }

    private async Task WorkAsync(string runId, IDisposable claim, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var run = await db.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == runId, cancellationToken);
        if (run is null)
            return;
        if (run.Status is RunStatus.Queued && !await lifecycle.StartAsync(runId, cancellationToken))
            return;
        // What needs no model is decided first: a training that has ended, a pause that nobody holds up.
        if (await lifecycle.AdvanceAsync(runId, cancellationToken) is not RunStatus.Running)
            return;
        var round = await RoundStore.CurrentAsync(db, runId, cancellationToken);
        if (round.Stage is RoundStage.SelfPlay or RoundStage.Evaluate)
            await PlayAsync(db, run, round, () => HandOnAsync(runId, claim, cancellationToken), cancellationToken);
        // Given up before the next stage is asked for, so that this worker may have it.
        claim.Dispose();
        await lifecycle.AdvanceAsync(runId, cancellationToken);
        if ((await RoundStore.CurrentAsync(db, runId, cancellationToken)).Stage is RoundStage.TrainActor or RoundStage.TrainRefiner)
            await models.UnloadIdleAsync();
    }

    /// <summary>Works on a stage that needs the run's models; they are given back when it ends.</summary>
    private async Task PlayAsync(SparDb db, Run run, RunRound round, Func<Task> timeIsOver, CancellationToken cancellationToken)
    {
        var (actorId, refinerId, judgeId) = round.Stage is RoundStage.SelfPlay
            ? (round.ActorId, round.RefinerId, round.JudgeId)
            : (round.LastActorId, round.LastRefinerId, round.LastJudgeId);
        await using var lease = await playing.LeaseAsync(db, actorId, refinerId, judgeId, cancellationToken);
        var models = lease.Players;
        if (run.Preflight is null)
            await CheckAsync(db, run, models, cancellationToken);
        if (round.Stage is RoundStage.SelfPlay)
            await share.WorkAsync(run, round.Round, models, timeIsOver, cancellationToken);
        else
            await evaluation.WorkAsync(run, round, models, cancellationToken);
    }

    /// <summary>The check before the start. Two workers that begin at once may both make it; the first answer stands.</summary>
    private async Task CheckAsync(SparDb db, Run run, RunModels models, CancellationToken cancellationToken)
    {
        var instructions = await db.Instructions.AsNoTracking().Where(i => i.SetId == run.SetId).OrderBy(i => i.Ordinal).Take(4)
            .Select(i => i.Messages).ToListAsync(cancellationToken);
        var found = await work.Preflight([.. instructions], run.Seed, run.Recipe, models, cancellationToken);
        if (found.Warning is not null)
            Log.PreflightWarned(logger, run.Id, found.Warning);
        await db.Runs.Where(r => r.Id == run.Id && r.Preflight == null)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Preflight, found), cancellationToken);
    }

    /// <summary>The time of this share is over: from here on this worker may have the next one, while the last items of this one
    /// end.</summary>
    private async Task HandOnAsync(string runId, IDisposable claim, CancellationToken cancellationToken)
    {
        claim.Dispose();
        // A crash before this line leaves a running run without a job: the watch of any worker finds it and enqueues.
        await queue.EnqueueAsync(JobRequest.Run(runId), cancellationToken);
    }
}
