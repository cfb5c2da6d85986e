using SPaR.Method.Items;
using SPaR.Method.Pairs;
using SPaR.Method.Recipes;
using SPaR.Service.Datasets;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Items;

namespace SPaR.Service.Pairs;

/// <summary>Which pairs of a run are wanted.</summary>
/// <param name="Round">Null for all rounds.</param>
/// <param name="LeaveOutFiltered">Whether pairs that the recipe's filters leave out of trainings are left out.</param>
internal sealed record PairSelection(string RunId, int? Round, bool LeaveOutFiltered, HumanFilter Human);

/// <summary>Reads pairs with their instruction, the origins of both sides, and what people said of them.</summary>
internal static class PairRows
{
    /// <returns>In order, page by page, of any number.</returns>
    public static IAsyncEnumerable<PairOrigins> ReadAsync(
        IDbContextFactory<SparDb> databases, PairSelection wanted, CancellationToken cancellationToken) => PagedRows.ReadAsync(
            databases, (Round: 0, Ordinal: -1), (db, after) => After(db, wanted, after.Round, after.Ordinal),
            row => (row.Pair.Round, row.Instruction.Ordinal), cancellationToken)
        .Where(row => PairFilters.Passes(wanted.Human, row.Human?.Verdict)).Select(OriginsOf);

    public static async Task<PairOrigins?> FindAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        var key = await db.Pairs.Where(p => p.Id == id).Select(p => new { p.RunId, p.Round }).FirstOrDefaultAsync(cancellationToken);
        return key is null
            ? null
            : await After(db, new(key.RunId, key.Round, LeaveOutFiltered: false, HumanFilter.Any), 0, -1)
                .Where(found => found.Pair.Id == id).FirstOrDefaultAsync(cancellationToken) is { } row
                ? OriginsOf(row)
                : null;
    }

    /// <returns>The pairs after an instruction of a round, in order.</returns>
    private static IQueryable<Found> After(SparDb db, PairSelection wanted, int afterRound, int afterOrdinal)
    {
        var (runId, round, filter) = (wanted.RunId, wanted.Round, wanted.LeaveOutFiltered);
        var verdicts = db.PairVerdicts.AsNoTracking();
        var (nodes, answers) = (db.Nodes.Where(n => n.RunId == runId), db.Answers.Where(a => a.RunId == runId));
        // The index of the items has their order; the pairs have none.
        return
            from item in db.RunItems
            join pair in db.Pairs.AsNoTracking()
                on new { item.RunId, item.Round, item.InstructionId } equals new { pair.RunId, pair.Round, pair.InstructionId }
            join instruction in db.Instructions.AsNoTracking() on pair.InstructionId equals instruction.Id
            from human in verdicts.Where(
                v => v.RunId == pair.RunId && v.Round == pair.Round && v.InstructionId == pair.InstructionId).DefaultIfEmpty()
            where item.RunId == runId && (round == null || item.Round == round) && (!filter || pair.FilteredBy == null)
                && EF.Functions.GreaterThan(
                    ValueTuple.Create(item.Round, item.Ordinal), ValueTuple.Create(afterRound, afterOrdinal))
            orderby item.Round, item.Ordinal
            select new Found
            {
                Pair = pair,
                Instruction = instruction,
                Human = human,
                Node = nodes.Where(n => n.Round == pair.Round && n.InstructionId == pair.InstructionId && n.Path == pair.ChosenFrom)
                    .Select(n => new RowOrigin(n.Seed, n.ModelHash, n.PromptHash, n.Reasoning)).FirstOrDefault(),
                Answer = answers
                    .Where(a => a.Round == pair.Round && a.InstructionId == pair.InstructionId && "a" + a.Index == pair.ChosenFrom)
                    .Select(a => new RowOrigin(a.Seed, a.ModelHash, a.PromptHash, a.Reasoning)).FirstOrDefault(),
                Rejected = answers
                    .Where(a => a.Round == pair.Round && a.InstructionId == pair.InstructionId && "a" + a.Index == pair.RejectedFrom)
                    .Select(a => new RowOrigin(a.Seed, a.ModelHash, a.PromptHash, a.Reasoning)).FirstOrDefault(),
            };
    }

    private static PairOrigins OriginsOf(Found found) =>
        new(found.Pair, found.Instruction, found.Node ?? found.Answer, found.Rejected, found.Human);

    private sealed class Found
    {
        public required Pair Pair { get; init; }

        public required Instruction Instruction { get; init; }

        public PairVerdict? Human { get; init; }

        public RowOrigin? Node { get; init; }

        public RowOrigin? Answer { get; init; }

        public RowOrigin? Rejected { get; init; }
    }
}
