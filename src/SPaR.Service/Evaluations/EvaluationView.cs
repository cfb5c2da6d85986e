using System.Globalization;
using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.Method;
using SPaR.Method.Recipes;
using SPaR.Service.Items;
using SPaR.Service.Lifecycle;
using SPaR.Service.Recipes;

namespace SPaR.Service.Evaluations;

/// <param name="Data">The set of items; null where the benchmark has its own.</param>
/// <param name="DataSha256">Of all items there are, measured or not: equal for evaluations that can be compared.</param>
/// <param name="Model">The model that is measured.</param>
/// <param name="Refiner">Null where none is used.</param>
/// <param name="Judge">Null where none is used.</param>
/// <param name="Decoding">Null for a benchmark that has no answers to decode.</param>
/// <param name="Seed">What all seeds derive from, as a string.</param>
/// <param name="Limit">Only the first so many items are measured; null: all.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Run">The run that measures its round with it; null where a user asked for it.</param>
/// <param name="RemainingSeconds">Estimated from the last results; null while nothing is known.</param>
/// <param name="Activity">Null while no worker is on it.</param>
/// <param name="Measures">By name; null until all items are done. Items that were too long or failed add nothing to them.</param>
/// <param name="Groups">By part of the benchmark and name.</param>
/// <param name="Tokens">Of all results; null until all items are done.</param>
/// <param name="Generations">Answers that were generated, refinements included.</param>
/// <param name="Judged">Answers that a judge rated.</param>
/// <param name="Recipe">With every option resolved.</param>
internal sealed record EvaluationView(
    string Id, string? Name, string Benchmark, string? Data, string DataSha256, string Model, string? Refiner, string? Judge,
    Decoding? Decoding, string Seed, int? Limit, RunStatus Status, EvaluationFailure? Failure, string? Run, int? Round,
    EvaluationProgress Progress, double? RemainingSeconds, Activity? Activity, IReadOnlyDictionary<string, Measure>? Measures,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, Measure>>? Groups, TokenCounts? Tokens, long? Generations, long? Judged,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, JsonElement Recipe)
{
    /// <param name="last">When the last results were stored, the newest first.</param>
    public static EvaluationView Of(
        EvaluationRun e, EvaluationProgress progress, IReadOnlyList<DateTimeOffset> last, Activity? activity) => new(
        e.Id, e.Name, e.Benchmark, e.SetId, e.DataHash, e.ActorId, e.RefinerId, e.JudgeId, e.Decoding,
        e.Seed.ToString(CultureInfo.InvariantCulture), e.Limit, e.Status,
        e.FailureCode is { } code ? new(code, e.FailureMessage ?? "") : null, e.RunId, e.Round, progress,
        Remaining(progress, last), activity,
        e.Metrics?.Measures, e.Metrics?.Groups,
        e.Metrics is { Usage: var usage } ? new(usage.PrefillComputed, usage.PrefillForked, usage.Generated) : null,
        e.Metrics?.Generations, e.Metrics?.Judged, e.CreatedAt, e.StartedAt, e.FinishedAt, RecipeView.Of(e.Recipe));

    private static double? Remaining(EvaluationProgress progress, IReadOnlyList<DateTimeOffset> last)
    {
        if (last.Count < 2)
            return null;
        var each = (last[0] - last[^1]).TotalSeconds / (last.Count - 1);
        return Math.Round((progress.Total - progress.Done - progress.TooLong - progress.Failed) * each, 1);
    }
}

/// <param name="Total">Items that are measured in all.</param>
/// <param name="Done">Items with a result.</param>
/// <param name="TooLong">Items that did not fit the context.</param>
/// <param name="Failed">Items that could not be measured; a retry measures them again.</param>
internal sealed record EvaluationProgress(int Total, int Done, int TooLong, int Failed)
{
    public static EvaluationProgress Of(int total, IReadOnlyDictionary<ResultState, int> counts) => new(
        total, counts.GetValueOrDefault(ResultState.Done), counts.GetValueOrDefault(ResultState.TooLong),
        counts.GetValueOrDefault(ResultState.Failed));
}

/// <param name="Code">Stable.</param>
/// <param name="Message">What happened and what to do.</param>
internal sealed record EvaluationFailure(string Code, string Message);
