using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.RunResults;

/// <summary>Lists a run's instructions with their states.</summary>
internal static class RunItemEndpoints
{
    public static void MapRunItems(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/items", List)
        .WithTags("Runs").RequireScope(Scope.Read).WithName("ListRunItems")
        .WithSummary("List a run's instructions with their states, in order")
        .WithDescription("state: one of the states in the run's progress; all by default. round: 1 by default.");

    private static async Task<Results<Ok<Page<RunItemView>>, NotFoundProblem, InvalidProblem>> List(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken, string? state = null, int round = 1)
    {
        var wanted = ItemState.Pending;
        if (state is not null && !EnumName.TryParse(state, out wanted))
            return InvalidProblem.Of("unknown-state", new FieldError("state", $"Unknown state '{state}'; use one of {States}."));
        if (!await db.Runs.AnyAsync(r => r.Id == id, cancellationToken))
            return NotFoundProblem.Of("run", id);
        var after = page.AfterOrdinal;
        var rows = await db.RunItems.AsNoTracking()
            .Where(i => i.RunId == id && i.Round == round && i.Ordinal > after && (state == null || i.State == wanted))
            .OrderBy(i => i.Ordinal).Take(page.Take)
            .Select(i => new RunItemView(
                i.InstructionId, i.Ordinal, i.State, i.Detail, i.Failures,
                new TokenCounts(i.PrefillComputed, i.PrefillForked, i.Generated), i.FinishedAt))
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows, i => $"{i.Ordinal}"));
    }

    private static string States => string.Join(", ", Enum.GetValues<ItemState>().Select(EnumName.Of));
}

/// <param name="Detail">More about its state, if there is more to say.</param>
/// <param name="Failures">Failed attempts.</param>
internal sealed record RunItemView(
    string InstructionId, int Ordinal, ItemState State, string? Detail, int Failures, TokenCounts Tokens, DateTimeOffset? FinishedAt);
