using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using SPaR.Http;
using SPaR.Keys;
using SPaR.Runs;
using SPaR.Storage;

namespace SPaR.Pairs;

/// <summary>The preferences of a run, as training tools read them.</summary>
internal static class PreferenceEndpoints
{
    public static void MapPreferences(this IEndpointRouteBuilder api) => api.MapGet("/runs/{id}/preferences", Stream)
        .WithTags("Data").RequireScope(Scope.Read).WithName("GetPreferences")
        .WithSummary("The preference pairs of a round, or of all, as NDJSON")
        .WithDescription(
            "round: where left out, all rounds. format: trl (default; conversational), trl-standard (plain text; a conversation of several messages is written out with its "
            + "roles), llamafactory, openai, or spar, which has everything: origins, values, the verifier's verdicts, similarity, seeds. In the order of the "
            + "rounds and their instructions. A running run gives the pairs that stand so far.")
        .Produces<SparRow>(StatusCodes.Status200OK, "application/x-ndjson");

    private static async Task<Results<Ndjson<object>, Missing, Invalid>> Stream(
        string id, SparDb db, CancellationToken stop, int? round = null, string format = "trl")
    {
        if (!Kebab.TryParse<PreferenceFormat>(format, out var known))
            return Invalid.Of("unknown-format", new FieldError("format", $"'{format}' is none of {Formats}."));
        if (!await db.Runs.AnyAsync(r => r.Id == id, stop))
            return Missing.Of("run", id);
        return new Ndjson<object>(
            Read(db, id, round).Select(source => PreferenceRow.Of(known, source)), $"{id}{(round is null ? "" : $"-round-{round}")}-{format}.jsonl");
    }

    private static string Formats => string.Join(", ", Enum.GetValues<PreferenceFormat>().Select(Kebab.Of));

    private static IAsyncEnumerable<PairOrigins> Read(SparDb db, string runId, int? round) => (
        from pair in db.Pairs.AsNoTracking()
        join instruction in db.Instructions on pair.InstructionId equals instruction.Id
        where pair.RunId == runId && (round == null || pair.Round == round)
        orderby pair.Round, instruction.Ordinal
        select new
        {
            Pair = pair,
            Instruction = instruction,
            Node = db.Nodes
                .Where(n => n.RunId == runId && n.Round == pair.Round && n.InstructionId == pair.InstructionId && n.Path == pair.ChosenFrom)
                .Select(n => new RowOrigin(n.Seed, n.ModelHash, n.PromptHash)).FirstOrDefault(),
            Answer = db.Answers
                .Where(a => a.RunId == runId && a.Round == pair.Round && a.InstructionId == pair.InstructionId
                    && "a" + a.Index == pair.ChosenFrom)
                .Select(a => new RowOrigin(a.Seed, a.ModelHash, a.PromptHash)).FirstOrDefault(),
            Rejected = db.Answers
                .Where(a => a.RunId == runId && a.Round == pair.Round && a.InstructionId == pair.InstructionId
                    && "a" + a.Index == pair.RejectedFrom)
                .Select(a => new RowOrigin(a.Seed, a.ModelHash, a.PromptHash)).FirstOrDefault(),
        })
        .AsAsyncEnumerable().Select(row => new PairOrigins(row.Pair, row.Instruction, row.Node ?? row.Answer, row.Rejected));
}
