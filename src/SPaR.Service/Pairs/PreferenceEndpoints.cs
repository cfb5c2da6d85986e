using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.Service.Datasets;
using SPaR.Service.Http;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.Pairs;

/// <summary>Exports a run's preference pairs in the formats of training tools.</summary>
internal static class PreferenceEndpoints
{
    public static void MapPreferences(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/preferences", Stream)
        .WithTags("Data").RequireScope(Scope.Read).LimitStreams().WithName("GetPreferences")
        .WithSummary("Export preference pairs as NDJSON")
        .WithDescription(
            "round: all rounds by default. format: trl (the default; conversational), trl-standard (plain texts, for instructions that "
            + "are one prompt), llamafactory (its entry for dataset_info.json is at preferences/dataset-info), openai, or spar, which has "
            + "everything: origins, values, the verifier's verdicts, similarity, seeds, what people said. filter: true leaves out the "
            + "pairs that the recipe's pair_filters leave out of trainings. human: any (the default), not-rejected, or accepted, which "
            + "leaves out what nobody has accepted or edited. An answer that a person edited takes the place of the chosen one. Ordered "
            + "by round and instruction. A running run returns the pairs so far.")
        .Produces<SparRow>(StatusCodes.Status200OK, "application/x-ndjson").WithMetadata(new RowsFormat("spar"));

    private static async Task<Results<Ndjson<object>, NotFoundProblem, InvalidProblem, ConflictProblem>> Stream(
        string id, SparDb db, IDbContextFactory<SparDb> databases, CancellationToken cancellationToken, int? round = null,
        string format = "trl", bool filter = false, string human = "any")
    {
        var errors = new List<FieldError>();
        var known = EnumChoice.Read<PreferenceFormat>("format", format, errors);
        var people = EnumChoice.Read<HumanFilter>("human", human, errors);
        if (errors.Count > 0)
            return InvalidProblem.Of(errors[0].Field == "format" ? "unknown-format" : "invalid-parameter", errors);
        if (await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) is not { } run)
            return NotFoundProblem.Of("run", id);
        if (known is PreferenceFormat.TrlStandard && await HasConversationAsync(db, run.SetId, cancellationToken))
            return PlainForm.Refuse("run", id);
        var wanted = new PairSelection(id, round, filter, people);
        var rows = known is PreferenceFormat.Spar
            ? PairRows.ReadWithOriginsAsync(databases, wanted, cancellationToken)
            : PairRows.ReadAsync(databases, wanted, cancellationToken);
        return new Ndjson<object>(
            rows.Select(source => PreferenceRow.Of(known, source)), $"{id}{(round is null ? "" : $"-round-{round}")}-{format}.jsonl");
    }

    private static Task<bool> HasConversationAsync(SparDb db, string set, CancellationToken cancellationToken) =>
        db.Database.SqlQuery<bool>(
            $"""SELECT EXISTS (SELECT 1 FROM spar.instructions WHERE set_id = {set} AND jsonb_array_length(messages) > 1) AS "Value" """)
            .SingleAsync(cancellationToken);
}
