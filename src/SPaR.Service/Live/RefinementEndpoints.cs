using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Lifecycle;
using SPaR.Service.Models;
using SPaR.Service.Recipes;

namespace SPaR.Service.Live;

/// <summary>Refines the answer to one prompt while the client waits.</summary>
internal static class RefinementEndpoints
{
    public const string Prefix = "rfn";

    private const string What = "refinement";

    /// <summary>Longest body: a prompt, a conversation or an answer.</summary>
    public const int MaxBodyBytes = 1 << 20;

    public static void MapRefinements(this IEndpointRouteBuilder api)
    {
        var refinements = api.MapGroup("/refinements").WithTags("Refinements");
        refinements.MapPost("", Refine).RequireScope(Scope.Submit).LimitStreams().WithName("Refine")
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes))
            .WithSummary("Refine the answer to one prompt by tree search, now")
            .WithDescription(
                "The model answers, or an answer is given; the judge judges, and the refiner refines a bad answer, as in a run. "
                + "With Accept: text/event-stream or application/x-ndjson, the answers and nodes are streamed as they come. Events: "
                + "started; loading, if a model is loaded first; answer and node, each again whenever it changes, as in the tree; at "
                + "last end, with the refinement, or error, with a problem. As NDJSON, a line is {\"event\", \"data\"}. "
                + "A client that closes the connection cancels the refinement.")
            .WithMetadata(new BodyExample("""
                {
                  "model": "mdl_019aa0c4b1a97d0e8f3c5a6b7c8d9e10",
                  "prompt": "Name a colour. Answer with one word and no full stop.",
                  "constraints": [{ "id": "punctuation:no_comma" }],
                  "recipe": { "sample": { "n": 1 }, "refine": { "strategy": "bfs", "depth": 2, "budget": 20 } },
                  "seed": 1
                }
                """))
            .Produces<RefinementView>(StatusCodes.Status200OK, "application/json", EventStream.ServerSent, EventStream.Lines)
            .Produces<Problem>(StatusCodes.Status422UnprocessableEntity, Problem.ContentType)
            .Produces<Problem>(StatusCodes.Status429TooManyRequests, Problem.ContentType)
            .Produces<Problem>(StatusCodes.Status503ServiceUnavailable, Problem.ContentType);
        refinements.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetRefinement")
            .WithSummary("A refinement with its answers and its tree, as far as it has got")
            .WithDescription("Kept for an hour after its end, unless Live:KeepMinutes says otherwise.");
        refinements.MapPost("/{id}/cancel", Cancel).RequireScope(Scope.Submit).WithName("CancelRefinement").Idempotent("GetRefinement")
            .WithSummary("Cancel a refinement; what was written stays");
    }

    private static async Task<IResult> Refine(
        RefinementRequest request, SparDb db, LiveSubmission submission, IOptions<LiveOptions> options, TimeProvider time, HttpContext http,
        CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var refinement = await ReadAsync(request, db, options.Value, time, errors, cancellationToken);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-refinement", errors);
        var (answer, refusal) = await submission.SubmitAsync(refinement, cancellationToken);
        if (answer is null)
            return new ProblemResult(refusal!);
        if (EventStream.Asked(http.Request) is { } type)
            return await RefinementStream.OpenAsync(refinement, answer, type, cancellationToken);
        await using (answer)
        {
            var rows = new List<LiveContent>();
            while (await answer.NextAsync(cancellationToken) is { } content)
                rows.Add(content);
            return LiveFailures.Of(answer.End!) is { } failure
                ? new ProblemResult(failure)
                : TypedResults.Ok(RefinementView.Of(answer.End!, rows));
        }
    }

    private static async Task<LiveRequest> ReadAsync(
        RefinementRequest request, SparDb db, LiveOptions options, TimeProvider time, List<FieldError> errors,
        CancellationToken cancellationToken)
    {
        var models = await ModelNames.FindRolesAsync(
            db, request.Model, request.Refiner, request.Judge, "model", "", errors, cancellationToken);
        var messages = LiveReader.Messages(request.Prompt, request.Messages, errors);
        var constraints = LiveReader.Constraints(request.Constraints, messages, LiveReader.Body, errors);
        if (request.Answer is not null && string.IsNullOrWhiteSpace(request.Answer))
            errors.Add(new("answer", "is empty; give the answer to refine, or leave it out to have the model answer."));
        var recipe = LiveReader.Limit(
            RecipeReader.Read(request.Recipe, "recipe", errors), "recipe", options.MaxTokens, constraints is not null, errors);
        return LiveRequest.Of(Prefix, models.Ids, messages, request.Seed, time) with
        {
            Recipe = request.Answer is null ? recipe : recipe with { Sample = recipe.Sample with { N = 1 } },
            Answer = request.Answer?.Trim(),
            Constraints = constraints,
        };
    }

    private static async Task<Results<Ok<RefinementView>, NotFoundProblem>> Get(
        string id, SparDb db, CancellationToken cancellationToken) =>
        await ViewAsync(id, db, cancellationToken) is { } view ? TypedResults.Ok(view) : NotFoundProblem.Of(What, id);

    private static async Task<Results<Ok<RefinementView>, NotFoundProblem, ConflictProblem>> Cancel(
        string id, SparDb db, LiveSubmission submission, CancellationToken cancellationToken)
    {
        if (await ViewAsync(id, db, cancellationToken) is not { } before)
            return NotFoundProblem.Of(What, id);
        if (!await submission.CancelAsync(id, cancellationToken))
            return ConflictProblem.Of(
                InvalidStateException.Code,
                $"The refinement {id} is {EnumName.Of(before.Status)}; it can be cancelled while it is queued or running.");
        return await ViewAsync(id, db, cancellationToken) is { } cancelled ? TypedResults.Ok(cancelled) : NotFoundProblem.Of(What, id);
    }

    /// <returns>Null if there is none, or it is no refinement.</returns>
    private static async Task<RefinementView?> ViewAsync(string id, SparDb db, CancellationToken cancellationToken)
    {
        var request = await db.LiveRequests.AsNoTracking()
            .FirstOrDefaultAsync(r => r.Id == id && r.Recipe != null, cancellationToken);
        return request is null
            ? null
            : RefinementView.Of(
                request, await db.LiveOutputs.AsNoTracking().Where(o => o.RequestId == id).OrderBy(o => o.Ordinal)
                    .Select(o => o.Content).ToListAsync(cancellationToken));
    }
}

/// <param name="Model">The model that answers, by id, name or path.</param>
/// <param name="Prompt">What to answer; or <c>messages</c>.</param>
/// <param name="Messages">A conversation that ends with the user's message.</param>
/// <param name="Answer">The answer to refine; by default the model answers.</param>
/// <param name="Constraints">What a program verifies of every answer, as in an instruction.</param>
/// <param name="Refiner">The model that refines, likewise; the model itself if omitted.</param>
/// <param name="Judge">The model that judges, likewise; the refiner if omitted.</param>
/// <param name="Recipe">The name of a recipe, or an object with the options that differ from the defaults.</param>
/// <param name="Seed">What all its seeds derive from, as a number or a string; one is chosen if omitted.</param>
internal sealed record RefinementRequest(
    string Model,
    string? Prompt = null,
    JsonElement? Messages = null,
    string? Answer = null,
    JsonElement? Constraints = null,
    string? Refiner = null,
    string? Judge = null,
    JsonElement? Recipe = null,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)] long? Seed = null);
