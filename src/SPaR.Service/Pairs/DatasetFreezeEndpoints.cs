using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Datasets;
using SPaR.Service.Evaluations;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;
using SPaR.Service.Recipes;
using SPaR.Service.Uploads;

namespace SPaR.Service.Pairs;

/// <summary>Freezes pairs of runs into a dataset.</summary>
internal static class DatasetFreezeEndpoints
{
    private const int MostRuns = 100, MostRounds = 100;

    /// <summary>The search for near-duplicates keeps the words of every pair that passed in memory.</summary>
    private const int MostCompared = 10_000;

    public static void MapDatasetFreeze(this IEndpointRouteBuilder api) => api.MapPost("/datasets/from-runs", Freeze)
        .WithTags("Datasets").RequireScope(Scope.Submit).LimitStreams().WithName("FreezeDataset").Idempotent("GetDataset", typeof(Dataset))
        .WithSummary("Freeze pairs of runs into a dataset")
        .WithDescription(
            "The pairs of one run or of several, in this order, with the answers that people edited. rounds: all by default. filters: as "
            + "pair_filters in a recipe, none by default. Pairs that the runs' own recipes leave out of trainings are left out too, unless "
            + "filtered is true. The answer counts what each filter left out. A dataset never changes: the same name again makes its next "
            + "version. A running run gives the pairs so far.")
        .WithMetadata(new BodyExample("""
            {
              "name": "first pairs",
              "runs": ["run_019aa0c4b1a97d0e8f3c5a6b7c8d9e11"],
              "rounds": [1, 2],
              "filters": { "min_value": 0.8, "min_similarity": 0.3, "verifier": "agree", "human": "not-rejected" }
            }
            """));

    private static async Task<Results<Created<DatasetView>, InvalidProblem>> Freeze(
        FreezeRequest request, SparDb db, IDbContextFactory<SparDb> databases, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        if (ResourceName.Fault(request.Name) is not null)
            errors.Add(new("name", "must have 1 to 200 characters."));
        if (request.Runs.Count is 0 or > MostRuns || request.Runs.Distinct().Count() < request.Runs.Count)
            errors.Add(new("runs", $"must be 1 to {MostRuns} different runs."));
        if (request.Rounds is { } rounds && (rounds.Count is 0 or > MostRounds || rounds.Any(round => round < 1)))
            errors.Add(new("rounds", "must be rounds from 1 on; leave it out for all rounds."));
        var filters = RecipeReader.ReadFilters(request.Filters, "filters", errors);
        await CheckAsync(request, filters, db, errors, cancellationToken);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-dataset", errors);
        using var freeze = new DatasetFreeze(
            db, databases, time, new(request.Name, request.Runs, request.Rounds, filters, request.Filtered));
        var dataset = await freeze.TakeAsync(cancellationToken);
        return TypedResults.Created($"/v1/datasets/{dataset.Id}", DatasetView.Of(dataset));
    }

    private static async Task CheckAsync(
        FreezeRequest request, PairFilterOptions filters, SparDb db, List<FieldError> errors, CancellationToken cancellationToken)
    {
        var runs = request.Runs.Take(MostRuns).ToArray();
        var known = await db.Runs.Where(r => runs.Contains(r.Id)).Select(r => r.Id).ToListAsync(cancellationToken);
        errors.AddRange(runs.Index().Where(r => !known.Contains(r.Item)).Select(r => new FieldError(
            $"runs[{r.Index}]", $"There is no run '{r.Item}'; /v1/runs lists them.")));
        if (filters.Contamination is { } set && await BenchmarkSetEndpoints.FindAsync(set, db, cancellationToken) is null)
            errors.Add(new("filters.contamination", $"There is no benchmark set '{set}'; /v1/benchmarks lists them."));
        if (filters.Duplicates is not DuplicateFilter.None
            && await db.Pairs.CountAsync(p => runs.Contains(p.RunId), cancellationToken) is var pairs and > MostCompared)
            errors.Add(new(
                "filters.duplicates", $"compares at most {MostCompared} pairs, and the runs have {pairs}. Name fewer runs, or set "
                + "pair_filters.duplicates in their recipe, which compares round by round."));
    }
}

/// <param name="Name">A name that exists makes its next version.</param>
/// <param name="Rounds">All rounds if omitted.</param>
/// <param name="Filters">As <c>pair_filters</c> in a recipe; nothing is left out if omitted.</param>
/// <param name="Filtered">Whether to take pairs that the runs' own recipes leave out of trainings.</param>
internal sealed record FreezeRequest(
    string Name, IReadOnlyList<string> Runs, IReadOnlyList<int>? Rounds = null, JsonElement? Filters = null, bool Filtered = false);
