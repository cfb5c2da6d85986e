using Microsoft.EntityFrameworkCore;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Items;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;
using SPaR.Service.Storage;
using SPaR.Service.Trainings;

namespace SPaR.Service.Rounds;

/// <summary>Takes the steps that <see cref="RoundPlan"/> decides on, and stops and resumes what a round has others do. Called under the
/// lock on the run's row, in the transaction of its caller: all steps that can be taken now are taken together, or none.</summary>
internal static class RoundLifecycle
{
    /// <summary>Begins a run: with round 0 where the starting models are evaluated, otherwise with the first round.</summary>
    public static Task BeginAsync(SparDb db, Run run, CancellationToken cancellationToken) => RoundStore.BeginAsync(
        db, run, run.Recipe.Evaluate.Benchmarks.IsEmpty ? RoundStore.FirstRound : 0, (run.ActorId, run.RefinerId, run.JudgeId),
        cancellationToken);

    /// <summary>Takes step after step, until somebody has to work or the run has ended.</summary>
    public static async Task<RoundProgress> AdvanceAsync(SparDb db, Run run, TimeProvider time, CancellationToken cancellationToken)
    {
        var progress = new RoundProgress();
        while (true)
        {
            var rounds = await RoundStore.Newest(db, run.Id).Take(2).ToArrayAsync(cancellationToken);
            var (now, before) = (rounds[0], rounds.ElementAtOrDefault(1));
            var step = RoundPlan.Next(await RoundStore.StateAsync(db, run, now, before, cancellationToken));
            if (step.Kind is RoundStepKind.Wait)
                return progress.Waiting(run, now);
            progress = await TakeAsync(db, run, now, step, time, progress with { HasMoved = true }, cancellationToken);
            if (progress.End is not null)
                return progress;
        }
    }

    /// <summary>Has the training of a run that is put down stop too.</summary>
    /// <returns>Whether anybody works for the round still.</returns>
    public static async Task<bool> StopAsync(SparDb db, Run run, bool cancel, CancellationToken cancellationToken)
    {
        if ((await RoundStore.CurrentAsync(db, run.Id, cancellationToken)).TrainingId is { } training)
        {
            await TrainingLifecycle.StopAsync(db, training, cancel, cancellationToken);
            if ((await RoundStore.TrainingAsync(db, training, cancellationToken)).Status
                is not (RunStatus.Paused or RunStatus.Cancelled or RunStatus.Succeeded or RunStatus.Failed))
                return true;
        }

        // Whoever evaluates looks at the status of the run, and gives the lock back when it has stopped.
        return (await WorkLock.HeldAsync(db, [run.Id], cancellationToken)).Count > 0;
    }

    /// <summary>Has the training of a run that goes on go on too: one that was paused, or has failed for a reason that can be put right.
    /// One that was cancelled is forgotten, and another made.</summary>
    /// <returns>The job to ask for; null without one.</returns>
    /// <exception cref="InvalidStateException">It failed, and would again.</exception>
    public static async Task<JobRequest?> ContinueAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var round = await RoundStore.CurrentAsync(db, run.Id, cancellationToken);
        if (round.TrainingId is not { } id)
            return null;
        var training = await RoundStore.TrainingAsync(db, id, cancellationToken);
        if (training is { Status: RunStatus.Failed, FailureCode: { } code } && !TrainingFailures.CanResumeAfter(code))
            throw new InvalidStateException(
                $"The training {id} of the run {run.Id} failed with {code}, and would again: its data and options stay. Start a new run "
                + "with others.");
        if (training.Status is RunStatus.Cancelled)
            await RoundStore.NoteTrainingAsync(
                db, round, round.Stage is RoundStage.TrainActor ? TrainingRole.Actor : TrainingRole.Refiner, null, cancellationToken);
        return await TrainingLifecycle.TryResumeAsync(db, id, cancellationToken) ? JobRequest.Train(id) : null;
    }

    private static async Task<RoundProgress> TakeAsync(
        SparDb db, Run run, RunRound now, RoundStep step, TimeProvider time, RoundProgress progress, CancellationToken cancellationToken)
    {
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
            case RoundStepKind.Begin:
                await RoundStore.FinishAsync(db, now, rolledBack: false, cancellationToken);
                await RoundStore.BeginAsync(
                    db, run, now.Round + 1, (now.LastActorId, now.LastRefinerId, now.LastJudgeId), cancellationToken);
                return progress;
            case RoundStepKind.RollBack or RoundStepKind.Succeed:
                await RoundStore.FinishAsync(db, now, step.Kind is RoundStepKind.RollBack, cancellationToken);
                return progress with { End = StatusMove.Succeed, Detail = step.Detail };
            default:
                return progress with { End = StatusMove.Fail, Detail = await WhyAsync(db, run, now, step, cancellationToken) };
        }
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
/// <param name="Job">What to ask for once the steps are there to be seen.</param>
/// <param name="End">Of the run; null while it goes on.</param>
/// <param name="Detail">Why it ended so.</param>
internal sealed record RoundProgress(bool HasMoved = false, JobRequest? Job = null, StatusMove? End = null, string? Detail = null)
{
    /// <summary>A stage that has just begun wants a worker.</summary>
    public RoundProgress Waiting(Run run, RunRound now) =>
        HasMoved && now.Stage is (RoundStage.SelfPlay or RoundStage.Evaluate) ? this with { Job = JobRequest.Run(run.Id) } : this;
}
