using SPaR.Method;

namespace SPaR.Tests.Runs;

public sealed class RoundPlanTests
{
    private static readonly RoundState Played = new(
        1, 3, RoundStage.SelfPlay, Trains: true, new(All: 20, Pending: 0, Leased: 0, Errors: 1), HasPairs: true, HasExamples: true,
        Training: null, Benchmark: null, Evaluation: null, Unmeasured: null, Worse: null);

    private static (string When, RoundState State, string Step)[] Table()
    {
        var actor = Played with { Stage = RoundStage.TrainActor };
        var refiner = Played with { Stage = RoundStage.TrainRefiner };
        var evaluate = Played with { Stage = RoundStage.Evaluate };
        return
        [
            ("items are pending", Played with { Items = new(20, 1, 0, 0) }, "Wait"),
            ("a run that trains has played", Played, "Enter TrainActor"),
            ("a run that does not train has played", Played with { Trains = false }, "Succeed"),
            ("all in error", Played with { Items = new(20, 0, 0, 20) }, "Fail: Every instruction ended in error"),
            ("an empty set", Played with { Items = new(0, 0, 0, 0) }, "Enter TrainActor"),
            ("pairs to train on", actor, "Train Actor"),
            ("no pairs", actor with { HasPairs = false }, "Take Actor, then TrainRefiner"),
            ("actor queued", actor with { Training = At(RunStatus.Queued) }, "Wait"),
            ("actor paused by hand", actor with { Training = At(RunStatus.Paused) }, "Wait"),
            ("actor trained", actor with { Training = At(RunStatus.Succeeded) }, "Take Actor mdl, then TrainRefiner"),
            ("actor trained, although its pairs are gone", actor with { HasPairs = false, Training = At(RunStatus.Succeeded) },
                "Take Actor mdl, then TrainRefiner"),
            ("actor failed", actor with { Training = At(RunStatus.Failed) }, "Fail: The training trn failed with disk: It is full."),
            ("actor cancelled by hand", actor with { Training = At(RunStatus.Cancelled) }, "Fail: The training trn was cancelled"),
            ("examples to train on", refiner, "Train Refiner"),
            ("no examples", refiner with { HasExamples = false }, "Take Refiner, then Evaluate"),
            ("refiner running", refiner with { Training = At(RunStatus.Running) }, "Wait"),
            ("refiner trained", refiner with { Training = At(RunStatus.Succeeded) }, "Take Refiner mdl, then Evaluate"),
            ("a benchmark to run", evaluate with { Benchmark = "b" }, "Evaluate b"),
            ("an evaluation queued", evaluate with { Benchmark = "b", Evaluation = Measured(RunStatus.Queued) }, "Wait"),
            ("an evaluation running", evaluate with { Benchmark = "b", Evaluation = Measured(RunStatus.Running) }, "Wait"),
            ("an evaluation done", evaluate with { Benchmark = "b", Evaluation = Measured(RunStatus.Succeeded) }, "TakeMeasures b"),
            ("an evaluation failed", evaluate with { Benchmark = "b", Evaluation = Measured(RunStatus.Failed) },
                "Fail: The evaluation evl failed with not-found: It is gone."),
            ("an evaluation cancelled", evaluate with { Benchmark = "b", Evaluation = Measured(RunStatus.Cancelled) },
                "Fail: The evaluation evl was cancelled"),
            ("evaluated", evaluate, "NextRound"),
            ("the starting models evaluated", evaluate with { Round = 0 }, "NextRound"),
            ("evaluated at a limit", evaluate with { Limit = "limit-tokens" }, "Succeed"),
            ("worse at a limit", evaluate with { Limit = "limit-tokens", Worse = "It is worse." }, "RollBack: It is worse."),
            ("the last round evaluated", evaluate with { Round = 3 }, "Succeed"),
            ("an unknown measure", evaluate with { Unmeasured = "It is none." }, "Fail: It is none."),
            ("worse than may be", evaluate with { Worse = "It is worse." }, "RollBack: It is worse."),
            ("worse in the last round", evaluate with { Round = 3, Worse = "It is worse." }, "RollBack: It is worse."),
            ("worse as far as measured", evaluate with { Benchmark = "b", Worse = "It is worse." }, "Evaluate b"),
            ("over", Played with { Round = 3, Stage = RoundStage.Done }, "Succeed"),
        ];
    }

    [Fact]
    public void Each_step_follows_from_what_is_stored()
    {
        foreach (var (when, state, step) in Table())
            Say(RoundPlan.Next(state)).ShouldBe(step, when);
    }

    private static RoundTraining At(RunStatus status) => status is RunStatus.Failed
        ? new("trn", status, null, "disk", "It is full.")
        : new("trn", status, status is RunStatus.Succeeded ? "mdl" : null, null, null);

    private static RoundEvaluation Measured(RunStatus status) => status is RunStatus.Failed
        ? new("evl", status, "not-found", "It is gone.")
        : new("evl", status, null, null);

    private static string Say(RoundStep step) => step.Kind switch
    {
        RoundStepKind.Enter => $"Enter {step.Stage}",
        RoundStepKind.Train => $"Train {step.Role}",
        RoundStepKind.Take => $"Take {step.Role}{(step.Model is null ? "" : $" {step.Model}")}, then {step.Stage}",
        RoundStepKind.Evaluate or RoundStepKind.TakeMeasures => $"{step.Kind} {step.Benchmark}",
        RoundStepKind.RollBack or RoundStepKind.Fail => $"{step.Kind}: {step.Detail}",
        _ => $"{step.Kind}",
    };
}
