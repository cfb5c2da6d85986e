using System.Text.Json;
using SPaR.Storage;

namespace SPaR.Runs;

/// <param name="Detail">Why it failed, or null.</param>
/// <param name="Seed">What all seeds of the run derive from, as a string.</param>
/// <param name="Preflight">What the check before the start found; null until it ran. Read its warning.</param>
/// <param name="Recipe">With every option resolved.</param>
internal sealed record RunView(
    string Id, string? Name, RunStatus Status, string? Detail, string InstructionSet, string Actor, string Refiner, string Judge,
    string Seed, int Rounds, RunProgress Progress, TokenCounts Tokens, PairCounts Pairs, Preflight? Preflight, DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, JsonElement Recipe)
{
    public static RunView Of(Run run, RunFigures figures) => new(
        run.Id, run.Name, run.Status, run.Detail, run.SetId, run.ActorId, run.RefinerId, run.JudgeId,
        run.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture), run.Rounds, figures.Progress, figures.Tokens, figures.Pairs,
        run.Preflight, run.CreatedAt, run.StartedAt, run.FinishedAt, RecipeView.Of(run.Recipe));
}

/// <param name="Total">Inputs.</param>
/// <param name="Done">Inputs that are not pending any more.</param>
/// <param name="States">Inputs by state, every state named; they add up to the total.</param>
internal sealed record RunProgress(int Total, int Done, IReadOnlyDictionary<string, int> States);

/// <param name="PrefillComputed">Prompt tokens that were decoded.</param>
/// <param name="PrefillForked">Prompt tokens that were shared with another request instead.</param>
/// <param name="Generated">Tokens drawn.</param>
internal sealed record TokenCounts(long PrefillComputed, long PrefillForked, long Generated);

/// <param name="MeanSimilarity">Of chosen and rejected, in [0, 1]; null without pairs.</param>
internal sealed record PairCounts(int Count, double? MeanSimilarity);

/// <summary>What a run's rows come to at this moment.</summary>
internal sealed record RunFigures(RunProgress Progress, TokenCounts Tokens, PairCounts Pairs)
{
    public static RunFigures Of(IReadOnlyDictionary<ItemState, int> states, TokenCounts tokens, PairCounts pairs)
    {
        var total = states.Values.Sum();
        var named = Enum.GetValues<ItemState>().ToDictionary(Kebab.Of, state => states.GetValueOrDefault(state));
        return new(new(total, total - states.GetValueOrDefault(ItemState.Pending), named), tokens, pairs);
    }
}
