using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.RunResults;

/// <summary>Exports a run's preference pairs in the formats of training tools.</summary>
internal static class PreferenceEndpoints
{
    public static void MapPreferences(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/preferences", Stream)
        .WithTags("Data").RequireScope(Scope.Read).WithName("GetPreferences")
        .WithSummary("Export preference pairs as NDJSON")
        .WithDescription(
            "round: all rounds by default. format: trl (the default; conversational), trl-standard (plain text; a conversation of several "
            + "messages is written out with its roles), llamafactory, openai, or spar, which has everything: origins, values, the "
            + "verifier's verdicts, similarity, seeds. Ordered by round and instruction. A running run returns the pairs so far.")
        .Produces<SparRow>(StatusCodes.Status200OK, "application/x-ndjson");

    private static async Task<Results<Ndjson<object>, NotFoundProblem, InvalidProblem>> Stream(
        string id, SparDb db, CancellationToken cancellationToken, int? round = null, string format = "trl")
    {
        if (!EnumName.TryParse<PreferenceFormat>(format, out var known))
            return InvalidProblem.Of("unknown-format", new FieldError("format", $"Unknown format '{format}'; use one of {Formats}."));
        if (!await db.Runs.AnyAsync(r => r.Id == id, cancellationToken))
            return NotFoundProblem.Of("run", id);
        return new Ndjson<object>(
            Read(db, id, round).Select(source => PreferenceRow.Of(known, source)),
            $"{id}{(round is null ? "" : $"-round-{round}")}-{format}.jsonl");
    }

    private static string Formats => string.Join(", ", Enum.GetValues<PreferenceFormat>().Select(EnumName.Of));

    private static IAsyncEnumerable<PairOrigins> Read(SparDb db, string runId, int? round)
    {
        var (nodes, answers) = (db.Nodes.Where(n => n.RunId == runId), db.Answers.Where(a => a.RunId == runId));
        var rows =
            from pair in db.Pairs.AsNoTracking()
            join instruction in db.Instructions on pair.InstructionId equals instruction.Id
            where pair.RunId == runId && (round == null || pair.Round == round)
            orderby pair.Round, instruction.Ordinal
            select new
            {
                Pair = pair,
                Instruction = instruction,
                Node = nodes
                    .Where(n => n.Round == pair.Round && n.InstructionId == pair.InstructionId && n.Path == pair.ChosenFrom)
                    .Select(n => new RowOrigin(n.Seed, n.ModelHash, n.PromptHash, n.Reasoning)).FirstOrDefault(),
                Answer = answers
                    .Where(a => a.Round == pair.Round && a.InstructionId == pair.InstructionId && "a" + a.Index == pair.ChosenFrom)
                    .Select(a => new RowOrigin(a.Seed, a.ModelHash, a.PromptHash, a.Reasoning)).FirstOrDefault(),
                Rejected = answers
                    .Where(a => a.Round == pair.Round && a.InstructionId == pair.InstructionId && "a" + a.Index == pair.RejectedFrom)
                    .Select(a => new RowOrigin(a.Seed, a.ModelHash, a.PromptHash, a.Reasoning)).FirstOrDefault(),
            };
        return rows.AsAsyncEnumerable()
            .Select(row => new PairOrigins(row.Pair, row.Instruction, row.Node ?? row.Answer, row.Rejected));
    }
}
