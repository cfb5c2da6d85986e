using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Evaluation.Statistics;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Evaluations;

/// <summary>The results of an evaluation's items.</summary>
internal static class EvaluationResultEndpoints
{
    public static void MapEvaluationResults(this IEndpointRouteBuilder api)
    {
        var results = api.MapGroup("/evaluations/{id}").WithTags("Evaluation");
        results.MapGet("/results", List).RequireScope(Scope.Read).WithName("ListEvaluationResults")
            .WithSummary("The results so far, in the order of the items");
        results.MapGet("/results.ndjson", Stream).RequireScope(Scope.Read).LimitStreams().WithName("GetEvaluationResults")
            .WithSummary("All results as NDJSON, one line an item")
            .WithDescription(
                "In the order of the items, and without anything that differs between two evaluations of the same: where the texts are the "
                + "same, so are the files, byte for byte. With \"deterministic\": true in the recipe the texts are the same.");
    }

    private static async Task<Results<Ok<Page<EvaluationResultView>>, NotFoundProblem>> List(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        if (!await db.Evaluations.AnyAsync(e => e.Id == id, cancellationToken))
            return NotFoundProblem.Of("evaluation", id);
        var after = page.AfterOrdinal;
        var rows = await Of(id, db).Where(r => r.Ordinal > after).Take(page.Take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(EvaluationResultView.Of), r => $"{r.Ordinal}"));
    }

    private static async Task<Results<Ndjson<EvaluationResultView>, NotFoundProblem>> Stream(
        string id, SparDb db, IDbContextFactory<SparDb> databases, CancellationToken cancellationToken)
    {
        if (!await db.Evaluations.AnyAsync(e => e.Id == id, cancellationToken))
            return NotFoundProblem.Of("evaluation", id);
        var rows = PagedRows.ReadAsync(
            databases, -1, (now, after) => Of(id, now).Where(r => r.Ordinal > after), r => r.Ordinal,
            LengthOf, cancellationToken);
        return new Ndjson<EvaluationResultView>(rows.Select(EvaluationResultView.Of), $"{id}.ndjson");
    }

    private static int LengthOf(EvaluationResult row) => row.Result is { } result
        ? (result.Text?.Length ?? 0) + (result.Reasoning?.Length ?? 0)
            + (result.Detail is { } detail ? JsonMarshal.GetRawUtf8Value(detail).Length : 0)
        : 0;

    private static IQueryable<EvaluationResult> Of(string id, SparDb db) =>
        db.EvaluationResults.AsNoTracking().Where(r => r.EvaluationId == id).OrderBy(r => r.Ordinal);
}

/// <param name="Ordinal">The item's position, from 0.</param>
/// <param name="Message">Why there is no result; null where there is one.</param>
/// <param name="Tallies">What it adds to the measures.</param>
/// <param name="Text">The answer; null where none was asked for.</param>
/// <param name="Reasoning">What the model thought before it; null if it did not.</param>
/// <param name="Detail">Further results of the benchmark: verdicts, votes, the choice.</param>
/// <param name="GeneratedTokens">Drawn for it.</param>
/// <param name="Generations">Answers that were generated, refinements included.</param>
/// <param name="Judged">Answers that a judge rated.</param>
/// <param name="ActorSha256">Of the model's file, of an adapter its own.</param>
/// <param name="PromptSha256">Of the prompts for judging and refining.</param>
internal sealed record EvaluationResultView(
    int Ordinal, string Key, ResultState State, string? Message, IReadOnlyList<Tally> Tallies, string? Text, string? Reasoning,
    JsonElement? Detail, long GeneratedTokens, int Generations, int Judged, string ActorSha256, string? RefinerSha256, string? JudgeSha256,
    string PromptSha256)
{
    // The cost of a prefix depends on what was in memory, so it is only in the sum.
    public static EvaluationResultView Of(EvaluationResult r) => new(
        r.Ordinal, r.Key, r.State, r.Message, r.Result?.Tallies ?? [], r.Result?.Text, r.Result?.Reasoning,
        r.Result?.Detail, r.Result?.Usage.Generated ?? 0, r.Result?.Generations ?? 0, r.Result?.Judged ?? 0, r.ActorHash,
        r.RefinerHash, r.JudgeHash, r.PromptHash);
}
