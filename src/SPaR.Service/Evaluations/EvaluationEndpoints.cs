using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Evaluation.Benchmarks;
using SPaR.Method.Input;
using SPaR.Service.Events;
using SPaR.Service.Http;
using SPaR.Service.Jobs;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;

namespace SPaR.Service.Evaluations;

/// <summary>Starts evaluations, shows their progress, and moves their status.</summary>
internal static class EvaluationEndpoints
{
    public static void MapEvaluations(this IEndpointRouteBuilder api)
    {
        var evaluations = api.MapGroup("/evaluations").WithTags("Evaluation");
        evaluations.MapPost("", Start).RequireScope(Scope.Submit).WithName("StartEvaluation")
            .Idempotent("GetEvaluation", typeof(EvaluationRun))
            .WithSummary("Measure a model with a benchmark")
            .WithDescription(
                "benchmark: one of /v1/benchmarks/kinds; data: a set of its items, where it has none of its own. decoding: greedy "
                + "(default), sample (as the recipe draws), best-of-n (the judge's highest value wins), bfs or dfs (a bad answer is "
                + "refined by tree search). The last three ask a judge, the last two a refiner too, which judges unless a judge is "
                + "named. The recipe says how each is asked, as a run's does. All of it is checked before anything is "
                + "stored, and every error is reported.")
            .WithMetadata(new BodyExample("""
                {
                  "name": "after round 3, with tree search",
                  "benchmark": "ifeval",
                  "data": "bmk_019aa0c4b1a97d0e8f3c5a6b7c8d9e0f",
                  "model": "mdl_019aa0c4b1a97d0e8f3c5a6b7c8d9e10",
                  "refiner": "mdl_019aa0c4b1a97d0e8f3c5a6b7c8d9e11",
                  "decoding": "bfs",
                  "recipe": { "judge": { "votes": 5 }, "deterministic": true },
                  "limit": 100,
                  "seed": 1
                }
                """));
        evaluations.MapGet("", List).RequireScope(Scope.Read).WithName("ListEvaluations")
            .WithSummary("List evaluations with their progress, newest first")
            .WithDescription("benchmark, model, run: only those of it; the model in any part.");
        evaluations.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetEvaluation")
            .WithSummary("An evaluation: status, items by state, and at its end the measures");
        evaluations.MapPost("/{id}/pause", (string id, SparDb db, EvaluationLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.PauseAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("PauseEvaluation")
            .Idempotent("GetEvaluation")
            .WithSummary("Pause an evaluation; its results stay");
        evaluations.MapPost("/{id}/resume", (string id, SparDb db, EvaluationLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.ResumeAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("ResumeEvaluation")
            .Idempotent("GetEvaluation")
            .WithSummary("Resume with the items that have no result");
        evaluations.MapPost("/{id}/cancel", (string id, SparDb db, EvaluationLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.CancelAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("CancelEvaluation")
            .Idempotent("GetEvaluation")
            .WithSummary("Cancel an evaluation");
        evaluations.MapPost("/{id}/retry", (string id, SparDb db, EvaluationLifecycle life, CancellationToken cancellationToken) =>
            Move(id, db, life.RetryAsync, cancellationToken)).RequireScope(Scope.Submit).WithName("RetryEvaluation")
            .Idempotent("GetEvaluation")
            .WithSummary("Retry a failed evaluation, or the items that failed; all other results stay");
        evaluations.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteEvaluation")
            .WithSummary("Delete an evaluation that has ended; a round's is deleted with its run");
        api.MapGet("/evaluations/{id}/events", Events).WithTags("Evaluation").RequireScope(Scope.Read).LimitStreams()
            .WithName("GetEvaluationEvents")
            .WithSummary("What happened to an evaluation, as a page or as a stream until it ends")
            .WithDescription(EventEndpoints.Description)
            .Produces<EvaluationView>(StatusCodes.Status200OK, EventStream.ServerSent);
    }

    private static async Task<Results<Created<EvaluationView>, InvalidProblem, ConflictProblem>> Start(
        EvaluationRequest request, SparDb db, EvaluationLifecycle life, UnfinishedLimit limit, TimeProvider time,
        [FromServices] IEnumerable<IBenchmark> benchmarks, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var unknown = new List<FieldError>();
        request = request with
        {
            Model = (await ModelNames.FindAsync(db, request.Model, "model", unknown, cancellationToken))?.Id ?? request.Model,
            Refiner = (await ModelNames.FindAsync(db, request.Refiner, "refiner", unknown, cancellationToken))?.Id ?? request.Refiner,
            Judge = (await ModelNames.FindAsync(db, request.Judge, "judge", unknown, cancellationToken))?.Id ?? request.Judge,
        };
        var evaluation = EvaluationRequestReader.Read(
            request, benchmarks, await BenchmarkSetEndpoints.FindAsync(request.Data, db, cancellationToken), Ids.New("evl", time),
            time.GetUtcNow(), errors);
        errors.AddRange(unknown);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-evaluation", errors);
        if (await limit.CheckAsync(db, WorkKind.Evaluation, cancellationToken) is { } full)
            return full;
        await life.CreateAsync(evaluation, cancellationToken);
        var view = (await EvaluationMetricsReader.ReadAsync(db, [evaluation], cancellationToken))[0];
        return TypedResults.Created($"/v1/evaluations/{evaluation.Id}", view);
    }

    private static async Task<Ok<Page<EvaluationView>>> List(
        [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken, string? benchmark = null, string? model = null,
        string? run = null)
    {
        var rows = await db.Evaluations.AsNoTracking()
            .Where(e => (benchmark == null || e.Benchmark == benchmark)
                && (model == null || e.ActorId == model || e.RefinerId == model || e.JudgeId == model) && (run == null || e.RunId == run))
            .NewestFirst(page).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(await EvaluationMetricsReader.ReadAsync(db, rows, cancellationToken), e => e.Id));
    }

    private static async Task<Results<Ok<EvaluationView>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken)
        => await ReadAsync(id, db, cancellationToken) is { } view ? TypedResults.Ok(view) : NotFoundProblem.Of("evaluation", id);

    private static Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, CancellationToken cancellationToken)
    {
        return Deleted.AnswerAsync<EvaluationRun>(db, "evaluation", id, RefusalAsync, null, cancellationToken);

        async Task<ConflictProblem?> RefusalAsync()
        {
            var evaluation = await db.Evaluations.Where(e => e.Id == id).Select(e => new { e.Status, e.RunId })
                .SingleAsync(cancellationToken);
            return evaluation.RunId is { } run
                ? Deleted.InUse("evaluation", id, [run])
                : StatusChange.RefuseOpen(WorkKind.Evaluation, id, evaluation.Status);
        }
    }

    private static Task<Results<Ok<EvaluationView>, NotFoundProblem, ConflictProblem>> Move(
        string id, SparDb db, Func<string, CancellationToken, Task> move, CancellationToken cancellationToken) =>
        StatusChange.MakeAsync("evaluation", id, move, token => ReadAsync(id, db, token), cancellationToken);

    private static Task<Results<Ok<Page<EventView>>, ServerSentEventsResult<object>, NotFoundProblem>> Events(
        string id, HttpRequest request, [AsParameters] EventQuery query, SparDb db, ProgressStreams streams,
        CancellationToken cancellationToken)
    {
        return EventEndpoints.AnswerAsync<EvaluationRun>(request, "evaluation", id, query, db, streams, ReadNowAsync, cancellationToken);

        async Task<Progress?> ReadNowAsync(SparDb now, CancellationToken token) => await ReadAsync(id, now, token) is { } view
            ? new(view, $"{view.Status} {view.Progress} {view.Activity}", StatusTransitions.IsEnd(view.Status))
            : null;
    }

    private static async Task<EvaluationView?> ReadAsync(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Evaluations.AsNoTracking().FirstOrDefaultAsync(e => e.Id == id, cancellationToken) is { } evaluation
            ? (await EvaluationMetricsReader.ReadAsync(db, [evaluation], cancellationToken))[0]
            : null;
}

/// <param name="Benchmark">One of <c>/v1/benchmarks/kinds</c>.</param>
/// <param name="Model">The model that is measured, by id, name or path: it answers; where a benchmark asks the judge alone, it
/// judges.</param>
/// <param name="Data">Id of a set of items, for a benchmark without items of its own.</param>
/// <param name="Refiner">The model that refines, likewise, where one is used.</param>
/// <param name="Judge">The model that judges, likewise, where one is asked; the refiner where left out.</param>
/// <param name="Decoding"><c>greedy</c>, <c>sample</c>, <c>best-of-n</c>, <c>bfs</c> or <c>dfs</c>.</param>
/// <param name="Recipe">The name of a recipe, or an object with the options that differ from the defaults.</param>
/// <param name="Seed">What all seeds derive from, as a number or a string; one is chosen where left out.</param>
/// <param name="Limit">Measures only the first so many items.</param>
internal sealed record EvaluationRequest(
    string Benchmark,
    string Model,
    string? Data = null,
    string? Refiner = null,
    string? Judge = null,
    string? Decoding = null,
    JsonElement? Recipe = null,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)] long? Seed = null,
    int? Limit = null,
    string? Name = null);
