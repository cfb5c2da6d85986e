using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Lineage;

/// <summary>Where a pair came from and what became of it, and what a model was made of.</summary>
internal static class LineageEndpoints
{
    public static void MapLineage(this IEndpointRouteBuilder api)
    {
        api.MapGet("/lineage/{pair}", OfPair).WithTags("Data").RequireScope(Scope.Read).WithName("GetPairLineage")
            .WithSummary("The whole path of a pair: instruction, run, models, tree, verdict, datasets, trainings, models, evaluations")
            .WithDescription("Of each kind at most 200. A training of the pair's round is named unless a filter left the pair out of it.");
        api.MapGet("/models/{id}/lineage", OfModel).WithTags("Models").RequireScope(Scope.Read).WithName("GetModelLineage")
            .WithSummary("What a model was made of: its trainings, their data and runs, back to a model that nothing here trained");
    }

    private static async Task<Results<Ok<PairLineage>, NotFoundProblem>> OfPair(
        string pair, SparDb db, CancellationToken cancellationToken) =>
        await PairLineageReader.ReadAsync(db, pair, cancellationToken) is { } lineage
            ? TypedResults.Ok(lineage)
            : NotFoundProblem.Of("pair", pair);

    private static async Task<Results<Ok<ModelAncestry>, NotFoundProblem>> OfModel(
        string id, SparDb db, CancellationToken cancellationToken) =>
        await ModelAncestryReader.ReadAsync(db, id, cancellationToken) is { } ancestry
            ? TypedResults.Ok(ancestry)
            : NotFoundProblem.Of("model", id);
}
