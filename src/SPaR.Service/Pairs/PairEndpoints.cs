using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Datasets;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.Pairs;

/// <summary>Lists the pairs of a run with what people said of them, and shows one.</summary>
internal static class PairEndpoints
{
    public static void MapPairs(this IEndpointRouteBuilder api)
    {
        api.MapGet("/runs/{id}/pairs", List).WithTags("Data").RequireScope(Scope.Read).WithName("ListPairs")
            .WithSummary("List a run's pairs with their verdicts, in order")
            .WithDescription(
                "round: all rounds by default. verdict: accept, reject, edit, or none for pairs that nobody has judged; all by default. "
                + "filtered: true for the pairs that the recipe's filters leave out of trainings, false for the others.");
        api.MapGet("/pairs/{id}", Get).WithTags("Data").RequireScope(Scope.Read).WithName("GetPair")
            .WithSummary("A pair with everything that is known of it");
    }

    private static async Task<Results<Ok<Page<PairView>>, NotFoundProblem, InvalidProblem>> List(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken, int? round = null,
        string verdict = "any", bool? filtered = null)
    {
        var errors = new List<FieldError>();
        var wanted = EnumChoice.Read<VerdictChoice>("verdict", verdict, errors);
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-parameter", errors);
        if (!await db.Runs.AnyAsync(r => r.Id == id, cancellationToken))
            return NotFoundProblem.Of("run", id);
        var (any, none) = (wanted is VerdictChoice.Any, wanted is VerdictChoice.None);
        var said = wanted switch
        {
            VerdictChoice.Reject => HumanVerdict.Reject,
            VerdictChoice.Edit => HumanVerdict.Edit,
            _ => HumanVerdict.Accept,
        };
        var after = await PositionAsync(db, id, page.AfterId, cancellationToken);
        var verdicts = db.PairVerdicts.AsNoTracking();
        // The index of the items has their order; the pairs have none.
        var rows = await (
            from item in db.RunItems
            join pair in db.Pairs.AsNoTracking()
                on new { item.RunId, item.Round, item.InstructionId } equals new { pair.RunId, pair.Round, pair.InstructionId }
            join instruction in db.Instructions.AsNoTracking() on pair.InstructionId equals instruction.Id
            from human in verdicts.Where(
                v => v.RunId == pair.RunId && v.Round == pair.Round && v.InstructionId == pair.InstructionId).DefaultIfEmpty()
            where item.RunId == id && (round == null || item.Round == round)
                && (filtered == null || filtered == (pair.FilteredBy != null))
                && (any || (none ? human == null : human!.Verdict == said))
                && EF.Functions.GreaterThan(
                    ValueTuple.Create(item.Round, item.Ordinal), ValueTuple.Create(after.Round, after.Ordinal))
            orderby item.Round, item.Ordinal
            select new { Pair = pair, Human = human, Instruction = instruction }).Take(page.Take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(r => PairView.Of(r.Pair, r.Instruction, r.Human)), p => p.Id));
    }

    /// <returns>Where the previous page ended.</returns>
    private static async Task<(int Round, int Ordinal)> PositionAsync(
        SparDb db, string run, string? after, CancellationToken cancellationToken)
    {
        var position = after is null
            ? null
            : await (
                from pair in db.Pairs
                join instruction in db.Instructions on pair.InstructionId equals instruction.Id
                where pair.Id == after && pair.RunId == run
                select new { pair.Round, instruction.Ordinal }).FirstOrDefaultAsync(cancellationToken);
        return position is null ? (0, -1) : (position.Round, position.Ordinal);
    }

    private static async Task<Results<Ok<SparRow>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken) =>
        await PairRows.FindAsync(db, id, cancellationToken) is { } pair
            ? TypedResults.Ok(SparRow.Of(pair))
            : NotFoundProblem.Of("pair", id);

    /// <summary>Pairs by what was said of them.</summary>
    private enum VerdictChoice
    {
        Any,
        None,
        Accept,
        Reject,
        Edit,
    }
}

/// <param name="Ordinal">The instruction's position in its set.</param>
/// <param name="Chosen">As a model wrote it; <c>human</c> has the edited answer.</param>
/// <param name="ChosenValue">Votes for it / readable votes.</param>
/// <param name="Similarity">1 − token edit distance / longer length, in [0, 1].</param>
/// <param name="FilteredBy">The filter of the recipe that leaves it out of trainings; null if none does.</param>
/// <param name="Human">What a person said of it; null if nobody did.</param>
internal sealed record PairView(
    string Id, int Round, string InstructionId, int Ordinal, IReadOnlyList<ChatMessage> Messages, string Chosen, double ChosenValue,
    string Rejected, double RejectedValue, double Similarity, PairFilter? FilteredBy, GivenVerdictView? Human)
{
    public static PairView Of(Pair p, Instruction i, PairVerdict? human) => new(
        p.Id, p.Round, p.InstructionId, i.Ordinal, i.Messages, p.Chosen, p.ChosenValue, p.Rejected, p.RejectedValue, p.Similarity,
        p.FilteredBy, human is null ? null : GivenVerdictView.Of(human));
}
