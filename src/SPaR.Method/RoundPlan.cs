namespace SPaR.Method;

/// <summary>A round on one page: which step a running run takes next (arXiv 2412.11605, algorithm 1: self-play, train the actor, train
/// the refiner, evaluate, repeat). Decides only; the caller takes each step in one transaction with the row that records it.</summary>
internal static class RoundPlan
{
    public static RoundStep Next(RoundState at) => at.Stage switch
    {
        RoundStage.SelfPlay when at.Items.Pending > 0 => RoundStep.Wait,
        RoundStage.SelfPlay when at.Items.All > 0 && at.Items.Errors == at.Items.All => RoundStep.Fail("Every instruction ended in error"),
        RoundStage.SelfPlay => at.Trains ? RoundStep.Enter(RoundStage.TrainActor) : RoundStep.Succeed,
        RoundStage.TrainActor => Train(at, TrainingRole.Actor, at.HasPairs, RoundStage.TrainRefiner),
        RoundStage.TrainRefiner => Train(at, TrainingRole.Refiner, at.HasExamples, RoundStage.Evaluate),
        RoundStage.Evaluate when at.Benchmark is { } benchmark => Evaluate(benchmark, at.Evaluation),
        RoundStage.Evaluate when at.Unmeasured is not null => RoundStep.Fail(at.Unmeasured),
        RoundStage.Evaluate when at.Worse is not null => RoundStep.RollBack(at.Worse),
        RoundStage.Evaluate when at.Round < at.Rounds && at.Limit is null => RoundStep.NextRound,
        _ => RoundStep.Succeed,
    };

    private static RoundStep Train(RoundState at, TrainingRole role, bool hasData, RoundStage after) => at.Training switch
    {
        // Without data the model stays as it was.
        null when !hasData => RoundStep.Take(role, model: null, after),
        null => RoundStep.Train(role),
        { Status: RunStatus.Succeeded, Result: { } model } => RoundStep.Take(role, model, after),
        { Status: RunStatus.Failed } training => RoundStep.Fail(
            $"The training {training.Id} failed with {training.FailureCode}: {training.FailureMessage}"),
        { Status: RunStatus.Cancelled } training => RoundStep.Fail($"The training {training.Id} was cancelled"),
        _ => RoundStep.Wait,
    };

    private static RoundStep Evaluate(string benchmark, RoundEvaluation? evaluation) => evaluation switch
    {
        null => RoundStep.Evaluate(benchmark),
        { Status: RunStatus.Succeeded } => RoundStep.TakeMeasures(benchmark),
        { Status: RunStatus.Failed } => RoundStep.Fail(
            $"The evaluation {evaluation.Id} failed with {evaluation.FailureCode}: {evaluation.FailureMessage}"),
        { Status: RunStatus.Cancelled } => RoundStep.Fail($"The evaluation {evaluation.Id} was cancelled"),
        _ => RoundStep.Wait,
    };
}

/// <summary>The state of a running run's current round.</summary>
/// <param name="Rounds">How many the run has.</param>
/// <param name="Trains">Whether the run trains at all. If not, it has a single round, and its models were evaluated before it.</param>
/// <param name="Items">Of this round.</param>
/// <param name="Training">Of this stage; null before it is made.</param>
/// <param name="Benchmark">The first of the recipe that this round has no measures of; null when it has all.</param>
/// <param name="Evaluation">Of that benchmark; null before it is made.</param>
/// <param name="Unmeasured">A sentence that the measure of the rollback rule is missing; null where it is not.</param>
/// <param name="Worse">A sentence that says by how much this round's models are worse than allowed; null where they are not.</param>
/// <param name="Limit">The limit that the run has reached, so that no further round is started; null where there is none.</param>
internal sealed record RoundState(
    int Round, int Rounds, RoundStage Stage, bool Trains, ItemTotals Items, bool HasPairs, bool HasExamples, RoundTraining? Training,
    string? Benchmark, RoundEvaluation? Evaluation, string? Unmeasured, string? Worse, string? Limit = null);

/// <param name="Result">The model it made.</param>
internal sealed record RoundTraining(string Id, RunStatus Status, string? Result, string? FailureCode, string? FailureMessage);

internal sealed record RoundEvaluation(string Id, RunStatus Status, string? FailureCode, string? FailureMessage);

internal enum RoundStepKind
{
    /// <summary>A worker is busy, or has to start.</summary>
    Wait,

    /// <summary>Enters a stage.</summary>
    Enter,

    /// <summary>Makes a training run.</summary>
    Train,

    /// <summary>Takes the trained model, and enters a stage.</summary>
    Take,

    /// <summary>Makes an evaluation.</summary>
    Evaluate,

    /// <summary>Takes what was measured.</summary>
    TakeMeasures,

    /// <summary>Ends this round and starts the next.</summary>
    NextRound,

    /// <summary>Ends round and run, with the models of the round before.</summary>
    RollBack,

    /// <summary>Ends round and run.</summary>
    Succeed,

    /// <summary>Ends the run; a retry resumes it.</summary>
    Fail,
}

/// <param name="Model">The one to take; null takes the one that went in.</param>
internal readonly record struct RoundStep(
    RoundStepKind Kind, RoundStage? Stage = null, TrainingRole? Role = null, string? Model = null, string? Benchmark = null,
    string? Detail = null)
{
    public static RoundStep Wait => new(RoundStepKind.Wait);

    public static RoundStep NextRound => new(RoundStepKind.NextRound);

    public static RoundStep Succeed => new(RoundStepKind.Succeed);

    public static RoundStep Enter(RoundStage stage) => new(RoundStepKind.Enter, stage);

    public static RoundStep Train(TrainingRole role) => new(RoundStepKind.Train, Role: role);

    public static RoundStep Take(TrainingRole role, string? model, RoundStage after) => new(RoundStepKind.Take, after, role, model);

    public static RoundStep Evaluate(string benchmark) => new(RoundStepKind.Evaluate, Benchmark: benchmark);

    public static RoundStep TakeMeasures(string benchmark) => new(RoundStepKind.TakeMeasures, Benchmark: benchmark);

    public static RoundStep RollBack(string detail) => new(RoundStepKind.RollBack, Detail: detail);

    public static RoundStep Fail(string detail) => new(RoundStepKind.Fail, Detail: detail);
}
