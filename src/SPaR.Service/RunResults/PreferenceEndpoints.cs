using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.RunResults;

/// <summary>Exports a run's preference pairs in the formats of training tools.</summary>
internal static class PreferenceEndpoints
{
    public static void MapPreferences(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/preferences", Stream)
        .WithTags("Data").RequireScope(Scope.Read).LimitStreams().WithName("GetPreferences")
        .WithSummary("Export preference pairs as NDJSON")
        .WithDescription(
            "round: all rounds by default. format: trl (the default; conversational), llamafactory (its "
            + "entry for dataset_info.json is at preferences/dataset-info), openai, or spar, which has everything: origins, values, the "
            + "verifier's verdicts, similarity, seeds. filter: true leaves out the pairs that the recipe's pair_filters leave out of "
            + "trainings. Ordered by round and instruction. A running run returns the pairs so far.")
        .Produces<SparRow>(StatusCodes.Status200OK, "application/x-ndjson");

    private static async Task<Results<Ndjson<object>, NotFoundProblem, InvalidProblem>> Stream(
        string id, SparDb db, IDbContextFactory<SparDb> databases, CancellationToken cancellationToken, int? round = null,
        string format = "trl", bool filter = false)
    {
        if (!EnumName.TryParse<PreferenceFormat>(format, out var known))
            return InvalidProblem.Of("unknown-format", new FieldError("format", $"Unknown format '{format}'; use one of {Formats}."));
        if (!await db.Runs.AnyAsync(r => r.Id == id, cancellationToken))
            return NotFoundProblem.Of("run", id);
        return new Ndjson<object>(
            ReadAsync(databases, id, round, filter, cancellationToken).Select(source => PreferenceRow.Of(known, source)),
            $"{id}{(round is null ? "" : $"-round-{round}")}-{format}.jsonl");
    }

    private static string Formats => string.Join(", ", Enum.GetValues<PreferenceFormat>().Select(EnumName.Of));

    private static IAsyncEnumerable<PairOrigins> ReadAsync(
        IDbContextFactory<SparDb> databases, string runId, int? round, bool filter, CancellationToken cancellationToken) =>
        PagedRows.ReadAsync(
            databases, (Round: 0, Ordinal: -1), (db, after) => After(db, runId, round, filter, after.Round, after.Ordinal),
            row => (row.Pair.Round, row.Instruction.Ordinal), cancellationToken)
        .Select(row => new PairOrigins(row.Pair, row.Instruction, row.Node ?? row.Answer, row.Rejected));

    /// <returns>The pairs of a run, or of one of its rounds, after an instruction of a round, in order.</returns>
    private static IQueryable<Found> After(SparDb db, string runId, int? round, bool filter, int afterRound, int afterOrdinal)
    {
        var (nodes, answers) = (db.Nodes.Where(n => n.RunId == runId), db.Answers.Where(a => a.RunId == runId));
        // The index of the items has their order; the pairs have none.
        return
            from item in db.RunItems
            join pair in db.Pairs.AsNoTracking()
                on new { item.RunId, item.Round, item.InstructionId } equals new { pair.RunId, pair.Round, pair.InstructionId }
            join instruction in db.Instructions on pair.InstructionId equals instruction.Id
            where item.RunId == runId && (round == null || item.Round == round) && (!filter || pair.FilteredBy == null)
                && EF.Functions.GreaterThan(
                    ValueTuple.Create(item.Round, item.Ordinal), ValueTuple.Create(afterRound, afterOrdinal))
            orderby item.Round, item.Ordinal
            select new Found(
                pair, instruction,
                nodes.Where(n => n.Round == pair.Round && n.InstructionId == pair.InstructionId && n.Path == pair.ChosenFrom)
                    .Select(n => new RowOrigin(n.Seed, n.ModelHash, n.PromptHash, n.Reasoning)).FirstOrDefault(),
                answers.Where(a => a.Round == pair.Round && a.InstructionId == pair.InstructionId && "a" + a.Index == pair.ChosenFrom)
                    .Select(a => new RowOrigin(a.Seed, a.ModelHash, a.PromptHash, a.Reasoning)).FirstOrDefault(),
                answers.Where(a => a.Round == pair.Round && a.InstructionId == pair.InstructionId && "a" + a.Index == pair.RejectedFrom)
                    .Select(a => new RowOrigin(a.Seed, a.ModelHash, a.PromptHash, a.Reasoning)).FirstOrDefault());
    }

    private sealed record Found(Pair Pair, Instruction Instruction, RowOrigin? Node, RowOrigin? Answer, RowOrigin? Rejected);
}
