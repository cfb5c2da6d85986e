using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Datasets;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.Pairs;

/// <summary>Describes an export in LLaMA-Factory's format for its <c>dataset_info.json</c>, without which it finds no data set.</summary>
internal static class DatasetInfoEndpoints
{
    public static void MapDatasetInfo(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/preferences/dataset-info", Get)
        .WithTags("Data").RequireScope(Scope.Read).WithName("GetDatasetInfo")
        .WithSummary("LLaMA-Factory's dataset_info.json for an export in the format llamafactory")
        .WithDescription("Put it beside the exported file, or add its entry to the one there. file: the name of the exported file.");

    private static async Task<Results<Ok<Dictionary<string, DatasetInfo>>, NotFoundProblem>> Get(
        string id, SparDb db, CancellationToken cancellationToken, string? file = null) =>
        await db.Runs.AnyAsync(r => r.Id == id, cancellationToken)
            ? TypedResults.Ok(new Dictionary<string, DatasetInfo>
            {
                [id] = DatasetInfo.Of(file ?? $"{id}-llamafactory.jsonl", DatasetKind.Preferences),
            })
            : NotFoundProblem.Of("run", id);
}
