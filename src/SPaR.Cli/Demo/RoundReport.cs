using SPaR.Client;

namespace SPaR.Cli.Demo;

/// <summary>A round's measures and pairs. Shares are in [0, 1]; null if not measured.</summary>
/// <param name="ActorAccuracy">One answer to each held-out instruction, at temperature 1.</param>
/// <param name="Judge">On drafts whose correct verdict is known.</param>
/// <param name="SingleRefinementSuccess">The share of bad drafts corrected by one refinement from the correct critique.</param>
/// <param name="SearchSuccess">The share of bad drafts corrected by the run's search.</param>
/// <param name="Pairs">Null for round 0, which makes none; so is the similarity.</param>
/// <param name="RolledBack">Whether the run went back to the models before it.</param>
internal sealed record RoundReport(
    int Round,
    Interval? ActorAccuracy,
    Interval? ActorAccuracyGreedy,
    JudgeQuality? Judge,
    double? SingleRefinementSuccess,
    double? SearchSuccess,
    int? Pairs,
    double? Similarity,
    double? Seconds,
    bool RolledBack)
{
    private const string Benchmark = "micro-world";

    public static RoundReport Of(Round round)
    {
        var measures = round.Evaluation.GetValueOrDefault(Benchmark);
        var (accuracy, f1) = (Measure("judge_accuracy"), Measure("judge_f1"));
        return new(
            round.RoundNumber, Interval.Of(Measure("actor_accuracy")), Interval.Of(Measure("actor_accuracy_greedy")),
            accuracy is null || f1 is null ? null : new(accuracy.Mean, f1.Mean),
            Measure("single_refinement_success")?.Mean, Measure("search_success")?.Mean,
            round.RoundNumber == 0 ? null : round.Pairs, round.Similarity, round.Seconds, round.RolledBack);

        Measure? Measure(string name) => measures?.GetValueOrDefault(name);
    }
}

/// <summary>A mean with its 95 % interval.</summary>
internal sealed record Interval(double Mean, double Low, double High)
{
    public static Interval? Of(Measure? measure) => measure is null ? null : new(measure.Mean, measure.Low, measure.High);
}

/// <param name="F1">With satisfying drafts as the positive class.</param>
internal sealed record JudgeQuality(double Accuracy, double F1);
