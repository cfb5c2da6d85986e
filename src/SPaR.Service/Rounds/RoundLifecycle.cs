using SPaR.Evaluation.Benchmarks;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Trainings;

namespace SPaR.Service.Rounds;

/// <summary>Takes the steps that <see cref="RoundPlan"/> decides on, and stops and resumes the training and the evaluation of a round.
/// Called under the lock on the run's row, in its caller's transaction: all steps that are due are taken together, or none.</summary>
internal sealed class RoundLifecycle(IEnumerable<IBenchmark> benchmarks, TimeProvider time)
{
    /// <summary>Starts a run: with round 0 where the starting models are evaluated, otherwise with the first round.</summary>
    public static Task StartAsync(SparDb db, Run run, CancellationToken cancellationToken) => RoundStore.StartAsync(
        db, run, run.Recipe.Evaluate.Benchmarks.IsEmpty ? RoundStore.FirstRound : 0, (run.ActorId, run.RefinerId, run.JudgeId),
        cancellationToken);

    /// <summary>Takes step after step, until somebody has to work or the run has ended.</summary>
    public async Task<RoundProgress> AdvanceAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var progress = new RoundProgress();
        while (true)
        {
            var rounds = await RoundStore.Newest(db, run.Id).Take(2).ToArrayAsync(cancellationToken);
            var (now, before) = (rounds[0], rounds.ElementAtOrDefault(1));
            var step = RoundPlan.Next(await RoundStore.StateAsync(db, run, now, before, cancellationToken));
            if (step.Kind is RoundStepKind.Wait)
                return progress.Waiting(run, now);
            progress = await TakeAsync(db, run, now, step, progress with { HasMoved = true }, cancellationToken);
            if (progress.End is not null)
                return progress;
        }
    }

    /// <summary>Pauses or cancels the training and the evaluation of the round, with their run.</summary>
    /// <returns>Whether one of them has not stopped yet.</returns>
    public static async Task<bool> StopAsync(SparDb db, Run run, bool cancel, CancellationToken cancellationToken)
    {
        var round = await RoundStore.CurrentAsync(db, run.Id, cancellationToken);
        if (round.TrainingId is { } training)
            await TrainingLifecycle.StopAsync(db, training, cancel, cancellationToken);
        foreach (var evaluation in await RoundStore.OpenEvaluationsAsync(db, round, cancellationToken))
            await EvaluationLifecycle.StopAsync(db, evaluation, cancel, cancellationToken);
        return round.TrainingId is { } id && IsBusy((await RoundStore.TrainingAsync(db, id, cancellationToken)).Status)
            || (await RoundStore.EvaluationStatusesAsync(db, round, cancellationToken)).Exists(IsBusy);

        static bool IsBusy(RunStatus status) => status is not RunStatus.Paused && !StatusTransitions.IsEnd(status);
    }

    /// <summary>Fails the evaluation of a run that has failed.</summary>
    public static async Task FailAsync(SparDb db, string runId, string? detail, CancellationToken cancellationToken)
    {
        var round = await RoundStore.CurrentAsync(db, runId, cancellationToken);
        foreach (var evaluation in await RoundStore.OpenEvaluationsAsync(db, round, cancellationToken))
            await StatusMover.TryMoveAsync(
                db, WorkKind.Evaluation, evaluation, StatusMove.Fail, new("run-failed", detail), cancellationToken);
    }

    /// <summary>Resumes the training or the evaluation of a resumed run: one that was paused, or has failed for a reason that can be
    /// fixed. A training that was cancelled is forgotten, and another made.</summary>
    /// <returns>The job to enqueue; null without one.</returns>
    /// <exception cref="InvalidStateException">The failure of the training is permanent.</exception>
    public static async Task<JobRequest?> ContinueAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var round = await RoundStore.CurrentAsync(db, run.Id, cancellationToken);
        foreach (var evaluation in await RoundStore.OpenEvaluationsAsync(db, round, cancellationToken))
            if (await EvaluationLifecycle.TryContinueAsync(db, evaluation, cancellationToken))
                return JobRequest.Evaluate(evaluation);
        if (round.TrainingId is not { } id)
            return null;
        var training = await RoundStore.TrainingAsync(db, id, cancellationToken);
        if (training is { Status: RunStatus.Failed, FailureCode: { } code } && !TrainingFailures.CanResumeAfter(code))
            throw new InvalidStateException(
                $"The training {id} of the run {run.Id} failed with {code}, and would again: its data and options stay. Start a new run "
                + "with others.");
        if (training.Status is RunStatus.Cancelled)
            await RoundStore.SetTrainingAsync(
                db, round, round.Stage is RoundStage.TrainActor ? TrainingRole.Actor : TrainingRole.Refiner, null, cancellationToken);
        return await TrainingLifecycle.TryResumeAsync(db, id, cancellationToken) ? JobRequest.Train(id) : null;
    }

    private async Task<RoundProgress> TakeAsync(
        SparDb db, Run run, RunRound now, RoundStep step, RoundProgress progress, CancellationToken cancellationToken)
    {
        if (now.Stage is RoundStage.SelfPlay && step.Kind is RoundStepKind.Enter or RoundStepKind.Succeed)
            await RoundPairFilters.ApplyAsync(db, run, now.Round, cancellationToken);
        switch (step.Kind)
        {
            case RoundStepKind.Enter:
                await RoundStore.EnterAsync(db, now, step.Stage!.Value, cancellationToken);
                return progress;
            case RoundStepKind.Train:
                var training = RoundTrainings.Of(run, now, step.Role!.Value, time);
                await RoundStore.TrainAsync(db, now, training, cancellationToken);
                return progress with { Job = JobRequest.Train(training.Id) };
            case RoundStepKind.Take:
                await RoundStore.TakeAsync(db, now, step.Role!.Value, step.Model, cancellationToken);
                await RoundStore.EnterAsync(db, now, step.Stage!.Value, cancellationToken);
                return progress;
            case RoundStepKind.Evaluate:
                return await EvaluateAsync(db, run, now, step.Benchmark!, progress, cancellationToken);
            case RoundStepKind.TakeMeasures:
                await RoundStore.TakeMeasuresAsync(db, now, step.Benchmark!, cancellationToken);
                return progress;
            case RoundStepKind.NextRound:
                await RoundStore.FinishAsync(db, now, rolledBack: false, cancellationToken);
                await RoundStore.StartAsync(
                    db, run, now.Round + 1, (now.LastActorId, now.LastRefinerId, now.LastJudgeId), cancellationToken);
                return progress;
            case RoundStepKind.RollBack or RoundStepKind.Succeed:
                await RoundStore.FinishAsync(db, now, step.Kind is RoundStepKind.RollBack, cancellationToken);
                if (step.Kind is RoundStepKind.RollBack)
                    return progress with { End = StatusMove.Succeed, Code = RunCodes.RolledBack, Detail = step.Detail };
                return await SucceedAsync(db, run, now, progress with { End = StatusMove.Succeed }, cancellationToken);
            default:
                return progress with
                {
                    End = StatusMove.Fail,
                    Code = RunCodes.RoundFailed,
                    Detail = await WhyAsync(db, run, now, step, cancellationToken),
                };
        }
    }

    private static async Task<RoundProgress> SucceedAsync(
        SparDb db, Run run, RunRound now, RoundProgress progress, CancellationToken cancellationToken)
    {
        if (await ItemStore.WithoutPairsAsync(db, run.Id, cancellationToken) is { } why)
            return progress with { Code = RunCodes.NoPairs, Detail = why };
        if (run.Target is null)
            return progress;
        var limit = await ItemStore.LimitAsync(db, run.Id, cancellationToken)
            ?? (now.Round < run.Rounds ? run.Target.Limit(await ItemStore.UseAsync(db, run.Id, now.Round, cancellationToken)) : null);
        return limit is null
            ? progress
            : progress with
            {
                Code = RunCodes.LimitReached,
                Detail = $"The run reached target.{limit[RunTarget.LimitPrefix.Length..]} in round {now.Round} of {run.Rounds} and ended "
                    + "with what it had; /items?state=cancelled lists the instructions that were left out.",
            };
    }

    private async Task<RoundProgress> EvaluateAsync(
        SparDb db, Run run, RunRound now, string name, RoundProgress progress, CancellationToken cancellationToken)
    {
        var asked = run.Recipe.Evaluate.Benchmarks.Single(b => b.Name == name);
        var set = asked.Data is null
            ? null
            : await db.BenchmarkSets.AsNoTracking().SingleAsync(s => s.Id == asked.Data, cancellationToken);
        IBenchmark benchmark;
        try
        {
            benchmark = EvaluationRules.BenchmarkOf(benchmarks, asked.Benchmark);
        }
        catch (EvaluationException error)
        {
            return progress with { End = StatusMove.Fail, Code = error.Code, Detail = error.Message };
        }

        var evaluation = RoundEvaluations.Of(run, now, asked, benchmark, set, time);
        await StatusMover.CreateAsync(db, WorkKind.Evaluation, evaluation.Id, evaluation, cancellationToken);
        return progress with { Job = JobRequest.Evaluate(evaluation.Id) };
    }

    private static async Task<string> WhyAsync(SparDb db, Run run, RunRound now, RoundStep step, CancellationToken cancellationToken)
    {
        if (now.Stage is RoundStage.SelfPlay)
            return $"{step.Detail}, most often: {await ItemStore.CommonestErrorAsync(db, run.Id, now.Round, cancellationToken)}";
        return $"Round {now.Round}, {EnumName.Of(now.Stage)}: {step.Detail}";
    }
}

/// <summary>How far a run has come.</summary>
/// <param name="HasMoved">Whether a step was taken.</param>
/// <param name="Job">What to enqueue once the steps are committed.</param>
/// <param name="End">The last move of the run; null while it continues.</param>
/// <param name="Code">Why it ended so (<see cref="RunCodes"/>).</param>
/// <param name="Detail">The same in words.</param>
internal sealed record RoundProgress(
    bool HasMoved = false, JobRequest? Job = null, StatusMove? End = null, string? Code = null, string? Detail = null)
{
    /// <summary>Asks for a worker where self-play has just started.</summary>
    public RoundProgress Waiting(Run run, RunRound now) =>
        HasMoved && now.Stage is RoundStage.SelfPlay ? this with { Job = JobRequest.Run(run.Id) } : this;
}
