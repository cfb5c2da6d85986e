using SPaR.Cli.Client;

namespace SPaR.Cli.Demo;

/// <summary>What a round's models measured and what it made. Shares are in [0, 1]; null is what was not measured.</summary>
/// <param name="ActorAccuracy">One answer to each held-out instruction, at temperature 1.</param>
/// <param name="Judge">On drafts whose right verdict is known.</param>
/// <param name="SingleRefinementSuccess">Of bad drafts, mended once from the right critique.</param>
/// <param name="SearchSuccess">Of bad drafts, mended by the run's search.</param>
/// <param name="Pairs">Null for round 0, which makes none; so is their similarity.</param>
/// <param name="RolledBack">Its models were put aside for those before.</param>
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

    public static RoundReport Of(RoundView round)
    {
        var measures = round.Evaluation?.GetValueOrDefault(Benchmark);
        var (accuracy, f1) = (Measure("judge_accuracy"), Measure("judge_f1"));
        return new(
            round.Round, Interval.Of(Measure("actor_accuracy")), Interval.Of(Measure("actor_accuracy_greedy")),
            accuracy is null || f1 is null ? null : new(accuracy.Mean, f1.Mean),
            Measure("single_refinement_success")?.Mean, Measure("search_success")?.Mean,
            round.Round == 0 ? null : round.Pairs, round.Similarity, round.Seconds, round.RolledBack);

        MeasureView? Measure(string name) => measures?.GetValueOrDefault(name);
    }
}

/// <summary>A mean with its 95 % interval.</summary>
internal sealed record Interval(double Mean, double Low, double High)
{
    public static Interval? Of(MeasureView? measure) => measure is null ? null : new(measure.Mean, measure.Low, measure.High);
}

/// <param name="F1">Of the drafts that satisfy every constraint.</param>
internal sealed record JudgeQuality(double Accuracy, double F1);
