using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.Pairs;

/// <summary>What a person says of a pair.</summary>
internal static class VerdictEndpoints
{
    public static void MapVerdicts(this IEndpointRouteBuilder api)
    {
        var verdict = api.MapGroup("/pairs/{id}/verdict").WithTags("Data");
        verdict.MapGet("", Get).RequireScope(Scope.Read).WithName("GetVerdict").WithSummary("What a person said of a pair")
            .WithDescription("ETag names this state of it. If-None-Match: 304 if it has not changed.")
            .Produces(StatusCodes.Status304NotModified);
        verdict.MapPut("", Put).RequireScope(Scope.Submit).WithName("PutVerdict").WithSummary("Accept, reject or edit a pair")
            .WithDescription(
                "verdict: accept, reject, or edit with another chosen answer. What the models made stays as it is. An edited answer "
                + "takes the place of the chosen one in exports, datasets and trainings. Who and when are taken from the key. To change "
                + "a verdict that exists, send its ETag as If-Match. With pair_filters.human in the run's recipe, the pair is left out of "
                + "the trainings that are prepared from now on, or taken back.")
            .WithMetadata(
                new BodyExample("""{ "verdict": "reject", "note": "The second sentence is wrong." }"""));
        verdict.MapDelete("", Delete).RequireScope(Scope.Submit).WithName("DeleteVerdict").WithSummary("Withdraw a verdict")
            .WithDescription("Needs its ETag as If-Match.");
    }

    private static async Task<Results<Ok<GivenVerdictView>, StatusCodeHttpResult, NotFoundProblem>> Get(
        string id, HttpContext http, SparDb db, CancellationToken cancellationToken)
    {
        if (await db.GivenPairs().FirstOrDefaultAsync(g => g.Pair.Id == id, cancellationToken) is not { } given)
            return NotFoundProblem.Of("pair", id);
        if (given.Human is not { } human)
            return NotFoundProblem.Of("verdict on pair", id);
        Revisions.Tell(http.Response, human.Revision);
        return Revisions.IsKnown(http.Request, human.Revision)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(GivenVerdictView.Of(human));
    }

    private static async Task<Results<Ok<GivenVerdictView>, NotFoundProblem, InvalidProblem, PreconditionProblem>> Put(
        string id, VerdictRequest request, HttpContext http, VerdictStore store, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
        var verdict = VerdictRules.Read(request, errors);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-verdict", errors);
        return await store.ChangeAsync<Results<Ok<GivenVerdictView>, NotFoundProblem, InvalidProblem, PreconditionProblem>>(
            id, ChangeAsync, cancellationToken) ?? NotFoundProblem.Of("pair", id);

        async Task<Results<Ok<GivenVerdictView>, NotFoundProblem, InvalidProblem, PreconditionProblem>> ChangeAsync(GivenPair item)
        {
            if (VerdictRules.Fault(request, verdict, item.Pair) is { } fault)
                return InvalidProblem.Of("invalid-verdict", fault);
            var grant = KeyGrant.Of(http)!;
            // A request that is sent again, because its response was lost, changes nothing.
            if (item.Human is { } same && (same.Verdict, same.Chosen, same.Note, same.KeyId)
                == (verdict, request.Chosen, request.Note, grant.Id))
                return Tell(http, same);
            if (Revisions.RefuseChange(http.Request, $"the verdict on {id}", item.Human?.Revision) is { } refusal)
                return refusal;
            return Tell(http, await store.SaveAsync(item, verdict, request, grant, cancellationToken));
        }
    }

    private static async Task<Results<NoContent, NotFoundProblem, PreconditionProblem>> Delete(
        string id, HttpContext http, VerdictStore store, CancellationToken cancellationToken)
    {
        return await store.ChangeAsync<Results<NoContent, NotFoundProblem, PreconditionProblem>>(id, ChangeAsync, cancellationToken)
            ?? NotFoundProblem.Of("pair", id);

        async Task<Results<NoContent, NotFoundProblem, PreconditionProblem>> ChangeAsync(GivenPair item)
        {
            if (item.Human is not { } human)
                return NotFoundProblem.Of("verdict on pair", id);
            if (Revisions.RefuseChange(http.Request, $"the verdict on {id}", human.Revision) is { } refusal)
                return refusal;
            await store.RemoveAsync(item, cancellationToken);
            return TypedResults.NoContent();
        }
    }

    private static Ok<GivenVerdictView> Tell(HttpContext http, PairVerdict verdict)
    {
        Revisions.Tell(http.Response, verdict.Revision);
        return TypedResults.Ok(GivenVerdictView.Of(verdict));
    }
}

/// <param name="Verdict"><c>accept</c>, <c>reject</c> or <c>edit</c>.</param>
/// <param name="Chosen">With <c>edit</c>: the better answer.</param>
/// <param name="Note">Why, for other people; at most 2000 characters.</param>
internal sealed record VerdictRequest(string Verdict, string? Chosen = null, string? Note = null);

/// <summary>Which verdicts can be given. Pure.</summary>
internal static class VerdictRules
{
    private const int LongestNote = 2000;

    public static HumanVerdict Read(VerdictRequest request, List<FieldError> errors)
    {
        if (!EnumName.TryParse<HumanVerdict>(request.Verdict, out var verdict))
            errors.Add(new(
                "verdict", $"must be one of {string.Join(", ", Enum.GetValues<HumanVerdict>().Select(EnumName.Of))}, not "
                + $"'{request.Verdict}'."));
        else if (verdict is HumanVerdict.Edit && string.IsNullOrWhiteSpace(request.Chosen))
            errors.Add(new("chosen", "is missing; give the edited answer, or use accept."));
        else if (verdict is not HumanVerdict.Edit && request.Chosen is not null)
            errors.Add(new("chosen", $"has no effect with {request.Verdict}; use edit, or leave it out."));
        if (request.Note?.Length > LongestNote)
            errors.Add(new("note", $"has {request.Note.Length} characters; write at most {LongestNote}."));
        return verdict;
    }

    /// <returns>Null if the verdict fits the pair.</returns>
    public static FieldError? Fault(VerdictRequest request, HumanVerdict verdict, Pair pair) => verdict is not HumanVerdict.Edit ? null
        : request.Chosen == pair.Rejected
            ? new("chosen", "is equal to the rejected answer; a preference needs two different answers.")
            : request.Chosen == pair.Chosen ? new("chosen", "is the answer as it is; use accept.") : null;
}
