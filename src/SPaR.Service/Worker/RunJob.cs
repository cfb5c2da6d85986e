using System.Globalization;
using SPaR.Method;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;
using SPaR.Service.Models;
using SPaR.Service.Rounds;
using SPaR.Service.Runs;

namespace SPaR.Service.Worker;

/// <summary>One work slice of a run's self-play on this worker: leases its models, works for a while, and hands on. The other stages have
/// jobs of their own: <see cref="Trainings.TrainJob"/> and <see cref="EvaluateJob"/>. Any number of workers may work on one run at a
/// time, each in at most one slice.</summary>
internal sealed class RunJob(
    IDbContextFactory<SparDb> databases,
    RunLifecycle lifecycle,
    IJobQueue queue,
    ModelCache models,
    RunModelLoader loader,
    RunWorkSlice slice,
    ModelFolder folder,
    WorkerSlots slots,
    ActivityReport activity,
    ILogger<RunJob> logger) : IJobHandler
{
    public string Kind => JobKinds.Run;

    /// <summary>Its rounds, its items that are through, and what was generated for the others.</summary>
    public async Task<JobProgress?> ProgressAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Database.SqlQuery<JobProgress>(
            $"""
            SELECT (SELECT count(*) FROM spar.run_rounds WHERE run_id = r.id) + (r.preflight IS NOT NULL)::int
                + (SELECT coalesce(sum(generated) + count(*) FILTER (WHERE state NOT IN ('pending', 'error')), 0)::bigint
                    FROM spar.run_items WHERE run_id = r.id) AS count
            FROM spar.runs r WHERE id = {key} AND status <> 'failed'
            """).SingleOrDefaultAsync(cancellationToken);
    }

    public Task FailAsync(string key, string code, string message, CancellationToken cancellationToken) =>
        lifecycle.FailAsync(key, code, folder.WithNames(message), cancellationToken);

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        var runId = request.Key;
        // This worker has it already. The orphan scan of a free worker enqueues the job until that worker gets it.
        using var claim = slots.TryClaim(runId);
        if (claim is null)
            return;
        try
        {
            await WorkAsync(runId, request.IsSuspect, claim, cancellationToken);
        }
        catch (Exception error) when (error.IsOfSubject())
        {
            logger.RunFailed(error, runId);
            await FailAsync(runId, CodeOf(error), error.Message, cancellationToken);
        }
    }

    private static string CodeOf(Exception error) => error switch
    {
        ModelRejectedException rejected => rejected.Code,
        NativeLibraryMissingException => "native-library-missing",
        _ => "run-failed",
    };

    private async Task WorkAsync(string runId, bool oneByOne, IDisposable claim, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var run = await db.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == runId, cancellationToken);
        if (run is null)
            return;
        if (run.Status is RunStatus.Queued && !await lifecycle.StartAsync(runId, cancellationToken))
            return;
        // The judge is checked before anything else, also where the starting models are evaluated first.
        if (run.Preflight is null && run.Status is (RunStatus.Queued or RunStatus.Running))
            await CheckAsync(db, run, cancellationToken);
        // Next what needs no model: a training that has ended, a pause that no worker holds up.
        if (await lifecycle.AdvanceAsync(runId, cancellationToken) is not RunStatus.Running)
            return;
        var round = await RoundStore.CurrentAsync(db, runId, cancellationToken);
        if (round.Stage is RoundStage.SelfPlay)
            await PlayAsync(db, run, round, oneByOne, () => HandOnAsync(runId, claim, cancellationToken), cancellationToken);
        // Released before the next stage is asked for, so that this worker may have it.
        claim.Dispose();
        await lifecycle.AdvanceAsync(runId, cancellationToken);
        if ((await RoundStore.CurrentAsync(db, runId, cancellationToken)).Stage is RoundStage.TrainActor or RoundStage.TrainRefiner)
            await models.UnloadIdleAsync();
    }

    private async Task PlayAsync(
        SparDb db, Run run, RunRound round, bool oneByOne, Func<Task> timeUp, CancellationToken cancellationToken)
    {
        using var work = activity.Start(run.Id);
        await using var lease = await LeaseAsync(db, round, cancellationToken);
        work.Meter.Phase = WorkPhase.SelfPlay;
        await slice.WorkAsync(run, round.Round, lease.Models, work.Meter, oneByOne, timeUp, cancellationToken);
    }

    private Task<RunModelLoader.Lease> LeaseAsync(SparDb db, RunRound round, CancellationToken cancellationToken) =>
        loader.LeaseAsync(db, round.ActorId, round.RefinerId, round.JudgeId, cancellationToken);

    /// <summary>The check before the start, which stops a run whose judge cannot be read. Two workers that start at once may both make it;
    /// the first result is kept.</summary>
    private async Task CheckAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        using var work = activity.Start(run.Id);
        await using var lease = await LeaseAsync(db, await RoundStore.CurrentAsync(db, run.Id, cancellationToken), cancellationToken);
        var instructions = await db.Instructions.AsNoTracking().Where(i => i.SetId == run.SetId).OrderBy(i => i.Ordinal).Take(4)
            .Select(i => i.Messages).ToListAsync(cancellationToken);
        work.Meter.Phase = WorkPhase.Preflight;
        using var item = work.Meter.Start();
        var found = await SelfPlay.PreflightAsync([.. instructions], run.Seed, run.Recipe, item.Of(lease.Models), cancellationToken);
        if (found.Warning is not null)
            logger.PreflightWarned(run.Id, found.Warning);
        await lifecycle.SetPreflightAsync(run.Id, found, cancellationToken);
        if (found.ReadableRate < run.Recipe.Preflight.StopBelow)
            await lifecycle.FailAsync(run.Id, RunCodes.PreflightUnreadable, StopDetail(run, found), cancellationToken);
    }

    private static string StopDetail(Run run, Preflight found) => string.Create(
        CultureInfo.InvariantCulture,
        $"Stopped before the first instruction: {found.Readable} of {found.Votes} votes of the preflight are readable, and "
        + $"preflight.stop_below is {run.Recipe.Preflight.StopBelow:0.###}. {found.Warning} A retry runs it all the same.");

    /// <summary>The slice's time is up: this worker may start the next one while the last items of this one end.</summary>
    private async Task HandOnAsync(string runId, IDisposable claim, CancellationToken cancellationToken)
    {
        claim.Dispose();
        // A crash before this line leaves a running run without a job: any worker's orphan scan finds it and enqueues one.
        await queue.EnqueueAsync(JobRequest.Run(runId), cancellationToken);
    }
}
