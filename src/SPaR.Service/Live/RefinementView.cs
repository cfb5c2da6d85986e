using System.Globalization;
using System.Text.Json;
using SPaR.Method;
using SPaR.Method.Items;
using SPaR.Service.Recipes;
using SPaR.Service.RunResults;

namespace SPaR.Service.Live;

/// <param name="Status"><c>queued</c> until a worker has taken it; <c>running</c>, <c>succeeded</c>, <c>failed</c> or
/// <c>cancelled</c>.</param>
/// <param name="Seed">What all its seeds derive from, as a string.</param>
/// <param name="Best">The accepted refinement; without one, what has the highest value so far; null before anything is
/// answered.</param>
/// <param name="Usage">Tokens so far.</param>
/// <param name="Tree">The answers and the search tree, as in a run; its state is that of the instruction.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Recipe">With every option resolved.</param>
internal sealed record RefinementView(
    string Id, RunStatus Status, string Model, string Refiner, string Judge, string Seed, BestAnswer? Best, RefinementUsage Usage,
    TreeView Tree, RefinementFailure? Failure, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt,
    JsonElement Recipe)
{
    /// <param name="contents">What was written, in order.</param>
    public static RefinementView Of(LiveRequest request, IReadOnlyList<LiveContent> contents)
    {
        var rows = LiveJournal.RowsOf(contents);
        var pair = request.Result?.Pair;
        var usage = contents.Aggregate(default(TokenUsage), (sum, content) => sum + content.Usage);
        return new(
            request.Id, request.Status, request.ActorId, request.RefinerId, request.JudgeId,
            request.Seed.ToString(CultureInfo.InvariantCulture), BestAnswer.Of(rows, pair),
            new(usage.PrefillComputed + usage.PrefillForked, usage.Generated),
            TreeView.Of(
                request.Key(), 0, request.Result?.State ?? StateOf(request.Status), request.Result?.Detail, request.Messages, rows, pair),
            request.FailureCode is { } code ? new(code, request.FailureMessage ?? "") : null,
            request.CreatedAt, request.StartedAt, request.FinishedAt, RecipeView.Of(request.Recipe!));
    }

    private static ItemState StateOf(RunStatus status) => status switch
    {
        RunStatus.Cancelled => ItemState.Cancelled,
        RunStatus.Failed => ItemState.Error,
        _ => ItemState.Pending,
    };
}

/// <param name="PromptTokens">Tokens that were read, shared ones each time.</param>
/// <param name="GeneratedTokens">Tokens that were written.</param>
internal sealed record RefinementUsage(long PromptTokens, long GeneratedTokens);

/// <param name="Code">Stable.</param>
/// <param name="Message">What happened and what to do.</param>
internal sealed record RefinementFailure(string Code, string Message);
