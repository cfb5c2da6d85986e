using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Trainings;

/// <summary>The rows that a training run leaves out, each with the reason.</summary>
internal static class DroppedRowEndpoints
{
    public static void MapDroppedRows(this IEndpointRouteBuilder api) => api.MapGet("/training-runs/{id}/dropped-rows", List)
        .WithTags("Training").RequireScope(Scope.Read).WithName("ListDroppedRows")
        .WithSummary("The rows that a training run leaves out, in the order of its data")
        .WithDescription("id: a pair's id, an example's source, or the line of an upload. The run itself shows the first of them.");

    /// <returns>In order.</returns>
    public static IQueryable<TrainingDroppedRow> Of(SparDb db, string id) =>
        db.TrainingDroppedRows.AsNoTracking().Where(r => r.TrainingRunId == id).OrderBy(r => r.Ordinal);

    private static async Task<Results<Ok<Page<ListedDroppedRow>>, NotFoundProblem>> List(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var after = page.AfterOrdinal;
        if (!await db.TrainingRuns.AnyAsync(r => r.Id == id, cancellationToken))
            return NotFoundProblem.Of("training run", id);
        var rows = await Of(db, id).Where(r => r.Ordinal > after).Take(page.Take)
            .Select(r => new ListedDroppedRow(r.Ordinal, r.RowId, r.Reason, r.Dataset)).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows, r => $"{r.Ordinal}"));
    }
}

/// <param name="Ordinal">Position among the dropped rows, from 0.</param>
/// <param name="Dataset">The id of the run or the dataset that it is from.</param>
internal sealed record ListedDroppedRow(int Ordinal, string Id, string Reason, string Dataset);
