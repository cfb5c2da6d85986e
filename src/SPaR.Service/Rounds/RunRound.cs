using SPaR.Evaluation.Statistics;
using SPaR.Method;

namespace SPaR.Service.Rounds;

/// <summary>One round of a run: its stage, the models that went in and came out, and their measures. Round 0 evaluates the
/// starting models, and exists only where the recipe names benchmarks.</summary>
public sealed class RunRound
{
    public required string RunId { get; init; }

    public required int Round { get; init; }

    public required RoundStage Stage { get; init; }

    public required string ActorId { get; init; }

    public required string RefinerId { get; init; }

    public required string JudgeId { get; init; }

    /// <summary>What the training made. The model that went in, where there was nothing to train it on; null while nothing is
    /// decided, and where the run does not train.</summary>
    public string? ActorOutId { get; init; }

    public string? RefinerOutId { get; init; }

    public string? ActorTrainingId { get; init; }

    public string? RefinerTrainingId { get; init; }

    /// <summary>Measures by benchmark and name; null until the first benchmark is done.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>>? Evaluation { get; init; }

    /// <summary>Its models were worse than those of the round before, so the run returns to those.</summary>
    public required bool RolledBack { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When its stage started.</summary>
    public required DateTimeOffset StageAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The training of the stage that it is in.</summary>
    public string? TrainingId => Stage switch
    {
        RoundStage.TrainActor => ActorTrainingId,
        RoundStage.TrainRefiner => RefinerTrainingId,
        _ => null,
    };

    /// <summary>The actor after this round.</summary>
    public string LastActorId => RolledBack ? ActorId : ActorOutId ?? ActorId;

    /// <summary>The refiner after this round.</summary>
    public string LastRefinerId => RolledBack ? RefinerId : RefinerOutId ?? RefinerId;

    /// <summary>The judge after this round: a refiner that judges does so with what it has learnt, a third model stays.</summary>
    public string LastJudgeId => JudgeId == RefinerId ? LastRefinerId : JudgeId;
}
