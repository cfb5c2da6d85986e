using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Service.Models;
using SPaR.Service.Rounds;

namespace SPaR.Service.Runs;

/// <param name="Round">From 1; round 0 evaluates the starting models.</param>
/// <param name="Stage"><c>self-play</c>, <c>train-actor</c>, <c>train-refiner</c>, <c>evaluate</c> or <c>done</c>.</param>
/// <param name="Actor">The model that goes in.</param>
/// <param name="Refiner">The model that goes in.</param>
/// <param name="Judge">The model that goes in: the refiner, unless the run names a third.</param>
/// <param name="ActorOut">The model that comes out: what the training made, or the one that went in where there was no pair to train
/// it on (then there is no training); null while nothing is decided, and in a run that does not train.</param>
/// <param name="ActorTraining">The training run.</param>
/// <param name="RefinerTraining">The training run.</param>
/// <param name="ActorDataset">What it is trained on; null until it is prepared.</param>
/// <param name="Counts">Inputs of the round by state; empty for round 0.</param>
/// <param name="Pairs">Null for round 0.</param>
/// <param name="Similarity">The mean over its pairs, in [0, 1]; null without pairs.</param>
/// <param name="Filtered">How many of its pairs each filter of the recipe leaves out of the training, in the order in which they are
/// applied.</param>
/// <param name="Cost">Null for round 0.</param>
/// <param name="Verifier">The verifier's view of answers and judge; null for round 0 and if no instruction has constraints.</param>
/// <param name="RolledBack">Its models were worse than allowed, so the run ended with those that went in.</param>
/// <param name="Evaluation">Measures by the name that the recipe gives a benchmark, and their own.</param>
/// <param name="Evaluations">Ids of the evaluations by the same name; <c>/v1/evaluations/{id}/compare/{id of another round}</c> compares
/// the two rounds.</param>
/// <param name="Seconds">From its start to its end, pauses included; null until then.</param>
internal sealed record RoundView(
    int Round, RoundStage Stage, string Actor, string Refiner, string Judge, string? ActorOut, string? RefinerOut, string? ActorTraining,
    string? RefinerTraining, RoundDataset? ActorDataset, RoundDataset? RefinerDataset, IReadOnlyDictionary<string, int> Counts, int? Pairs,
    double? Similarity, IReadOnlyDictionary<string, int> Filtered, RunCost? Cost, VerifierStatistics? Verifier, bool RolledBack,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>> Evaluation,
    IReadOnlyDictionary<string, string> Evaluations, double? Seconds, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt)
{
    /// <param name="statistics">Of this round alone.</param>
    /// <param name="datasets">By training run.</param>
    /// <param name="evaluations">Of this round, by name.</param>
    public static RoundView Of(
        RunRound r, RunStatistics statistics, IReadOnlyDictionary<string, RoundDataset> datasets,
        IReadOnlyDictionary<string, string> evaluations) => new(
        r.Round, r.Stage, r.ActorId, r.RefinerId, r.JudgeId, r.ActorOutId, r.RefinerOutId, r.ActorTrainingId, r.RefinerTrainingId,
        datasets.GetValueOrDefault(r.ActorTrainingId ?? ""), datasets.GetValueOrDefault(r.RefinerTrainingId ?? ""),
        r.Round == 0 ? new Dictionary<string, int>() : statistics.Progress.States, r.Round == 0 ? null : statistics.Pairs.Count,
        statistics.Pairs.MeanSimilarity, statistics.Pairs.Filtered, r.Round == 0 ? null : statistics.Cost,
        r.Round == 0 ? null : statistics.Verifier, r.RolledBack,
        r.Evaluation ?? new Dictionary<string, IReadOnlyDictionary<string, Measure>>(), evaluations,
        r.FinishedAt is { } end ? Math.Round((end - r.StartedAt).TotalSeconds, 3) : null, r.StartedAt, r.FinishedAt);
}

/// <param name="Source">A round of a run, and what of it.</param>
/// <param name="Hash">SHA-256 of the rows in order.</param>
/// <param name="Rows">That are trained on.</param>
internal sealed record RoundDataset(TrainingSource Source, string Hash, int Rows, int HeldOut);
