using System.Text.Json;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Items;
using SPaR.Service.Recipes;

namespace SPaR.Service.Runs;

/// <param name="Code">Why it ended so, for programs: <c>preflight-unreadable</c>, <c>no-pairs</c>, <c>rolled-back</c>,
/// <c>round-failed</c>, <c>model-file-changed</c>, <c>process-died</c> and others; null if it just succeeded.</param>
/// <param name="Detail">The same in words; null likewise.</param>
/// <param name="Seed">What all seeds of the run derive from, as a string.</param>
/// <param name="RoundCount">How many rounds it will have.</param>
/// <param name="Round">The current one, or the last.</param>
/// <param name="Stage">Of that round.</param>
/// <param name="Rounds">Those that have started, in order; round 0 evaluates the starting models.</param>
/// <param name="Progress">Of all rounds that have started.</param>
/// <param name="Tokens">Of all rounds.</param>
/// <param name="Pairs">Of all rounds.</param>
/// <param name="Cost">Of all rounds.</param>
/// <param name="Verifier">The verifier's view of its answers and its judge, of all rounds; null without constraints.</param>
/// <param name="Result">The models that it ended with; null until it has succeeded.</param>
/// <param name="Now">Null unless it is running.</param>
/// <param name="Stalled">Why it makes no progress; null while it does.</param>
/// <param name="Preview">Tried on so many instructions; null for a run that is no preview.</param>
/// <param name="Target">When self-play has enough; null to take every instruction.</param>
/// <param name="Warnings">What to bear in mind about its results, found when it was created.</param>
/// <param name="Preflight">What the check before the start found; null until it ran. Read its warning.</param>
/// <param name="Recipe">With every option resolved.</param>
internal sealed record RunView(
    string Id, string? Name, RunStatus Status, string? Code, string? Detail, string InstructionSet, string Actor, string Refiner,
    string Judge, string Seed, int RoundCount, int Round, RoundStage Stage, IReadOnlyList<RoundView> Rounds, RunProgress Progress,
    TokenCounts Tokens, PairCounts Pairs, RunCost Cost, VerifierStatistics? Verifier, RunNow? Now, Stalled? Stalled, RunResult? Result,
    int? Preview, RunTarget? Target, int StallSeconds, IReadOnlyList<RunWarning> Warnings, Preflight? Preflight, DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, JsonElement Recipe)
{
    public static RunView Of(Run run, RunStatistics statistics, IReadOnlyList<RoundView> rounds, RunNow? now, Stalled? stalled) => new(
        run.Id, run.Name, run.Status, run.Code, run.Detail, run.SetId, run.ActorId, run.RefinerId, run.JudgeId,
        run.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture), run.Rounds, rounds[^1].Round, rounds[^1].Stage,
        rounds, statistics.Progress, statistics.Tokens, statistics.Pairs, statistics.Cost, statistics.Verifier, now, stalled,
        RunResult.Of(run, rounds[^1]), run.Preview, run.Target, run.StallSeconds, run.Warnings ?? [], run.Preflight,
        run.CreatedAt, run.StartedAt, run.FinishedAt, RecipeView.Of(run.Recipe));
}

/// <summary>The models that a run ended with.</summary>
internal sealed record RunResult(string Actor, string Refiner)
{
    public static RunResult? Of(Run run, RoundView last)
    {
        if (run.Status is not RunStatus.Succeeded)
            return null;
        return last.RolledBack ? new(last.Actor, last.Refiner) : new(last.ActorOut ?? last.Actor, last.RefinerOut ?? last.Refiner);
    }
}

/// <param name="Total">Inputs.</param>
/// <param name="Done">Inputs that are not pending any more.</param>
/// <param name="States">Inputs by state, every state named; they add up to the total.</param>
internal sealed record RunProgress(int Total, int Done, IReadOnlyDictionary<string, int> States);

/// <param name="MeanSimilarity">Of chosen and rejected, in [0, 1]; null without pairs.</param>
/// <param name="Filtered">How many each filter of the recipe leaves out of trainings, in the order in which they are applied. A pair counts
/// for the first that leaves it out. Filters are applied when the self-play of a round ends.</param>
internal sealed record PairCounts(int Count, double? MeanSimilarity, IReadOnlyDictionary<string, int> Filtered);

/// <summary>Statistics of a run's rows.</summary>
internal sealed record RunStatistics(
    RunProgress Progress, TokenCounts Tokens, PairCounts Pairs, VerifierStatistics? Verifier, RunCost Cost)
{
    public static RunStatistics Of(
        IReadOnlyDictionary<ItemState, int> states, TokenCounts tokens, PairCounts pairs, VerifierStatistics? verifier, RunCost cost)
    {
        var total = states.Values.Sum();
        var named = Enum.GetValues<ItemState>().ToDictionary(EnumName.Of, state => states.GetValueOrDefault(state));
        return new(new(total, total - states.GetValueOrDefault(ItemState.Pending), named), tokens, pairs, verifier, cost);
    }
}
