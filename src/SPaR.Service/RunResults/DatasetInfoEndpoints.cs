using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.RunResults;

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
            ? TypedResults.Ok(new Dictionary<string, DatasetInfo> { [id] = DatasetInfo.Of(file ?? $"{id}-llamafactory.jsonl") })
            : NotFoundProblem.Of("run", id);
}

/// <summary>An entry of <c>dataset_info.json</c>, with LLaMA-Factory's names.</summary>
/// <param name="Ranking">Whether its rows are preferences.</param>
/// <param name="Columns">LLaMA-Factory's name of each column, and the file's.</param>
/// <param name="Tags">How the file writes roles.</param>
internal sealed record DatasetInfo(
    string FileName, string Formatting, bool Ranking, IReadOnlyDictionary<string, string> Columns, IReadOnlyDictionary<string, string> Tags)
{
    public static DatasetInfo Of(string file) => new(
        file, "sharegpt", Ranking: true,
        new Dictionary<string, string> { ["messages"] = "messages", ["chosen"] = "chosen", ["rejected"] = "rejected" },
        new Dictionary<string, string>
        {
            ["role_tag"] = "role",
            ["content_tag"] = "content",
            ["user_tag"] = "user",
            ["assistant_tag"] = "assistant",
            ["system_tag"] = "system",
        });
}
