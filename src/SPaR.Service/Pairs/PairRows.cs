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
    /// <returns>In order, page by page, of any number; without the origins of the sides.</returns>
    public static IAsyncEnumerable<PairOrigins> ReadAsync(
        IDbContextFactory<SparDb> databases, PairSelection wanted, CancellationToken cancellationToken) =>
        ReadAsync(databases, wanted, After, cancellationToken);

    /// <inheritdoc cref="ReadAsync(IDbContextFactory{SparDb}, PairSelection, CancellationToken)"/>
    public static IAsyncEnumerable<PairOrigins> ReadWithOriginsAsync(
        IDbContextFactory<SparDb> databases, PairSelection wanted, CancellationToken cancellationToken) =>
        ReadAsync(databases, wanted, (db, pairs, after) => WithOrigins(db, pairs.RunId, After(db, pairs, after)), cancellationToken);

    public static async Task<PairOrigins?> FindAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        if (await db.Pairs.Where(p => p.Id == id).Select(p => p.RunId).FirstOrDefaultAsync(cancellationToken) is not { } run)
            return null;
        var verdicts = db.PairVerdicts.AsNoTracking();
        // Without the order of a list: to find one in it PostgreSQL would read the list up to there.
        var found =
            from pair in db.Pairs.AsNoTracking()
            join instruction in db.Instructions.AsNoTracking() on pair.InstructionId equals instruction.Id
            from human in verdicts.Where(
                v => v.RunId == pair.RunId && v.Round == pair.Round && v.InstructionId == pair.InstructionId).DefaultIfEmpty()
            where pair.Id == id
            select new Found { Pair = pair, Instruction = instruction, Human = human };
        return await WithOrigins(db, run, found).FirstOrDefaultAsync(cancellationToken) is { } row ? OriginsOf(row) : null;
    }

    private static IAsyncEnumerable<PairOrigins> ReadAsync(
        IDbContextFactory<SparDb> databases, PairSelection wanted,
        Func<SparDb, PairSelection, (int Round, int Ordinal), IQueryable<Found>> after, CancellationToken cancellationToken) =>
        PagedRows.ReadAsync(
            databases, (Round: 0, Ordinal: -1), (db, last) => after(db, wanted, last),
            row => (row.Pair.Round, row.Instruction.Ordinal), row => row.Length, cancellationToken)
        .Where(row => PairFilters.Passes(wanted.Human, row.Human?.Verdict)).Select(OriginsOf);

    /// <returns>The pairs after an instruction of a round, in order.</returns>
    private static IQueryable<Found> After(SparDb db, PairSelection wanted, (int Round, int Ordinal) last)
    {
        var (runId, round, filter) = (wanted.RunId, wanted.Round, wanted.LeaveOutFiltered);
        var (afterRound, afterOrdinal) = last;
        var verdicts = db.PairVerdicts.AsNoTracking();
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
            select new Found { Pair = pair, Instruction = instruction, Human = human };
    }

    /// <summary>Joins the rows that both sides came from by their keys. As subqueries for the first row they would number all rows of the
    /// run.</summary>
    private static IQueryable<Found> WithOrigins(SparDb db, string runId, IQueryable<Found> pairs)
    {
        var (nodes, answers) = (db.Nodes.Where(n => n.RunId == runId), db.Answers.Where(a => a.RunId == runId));
        return
            from found in pairs
            let pair = found.Pair
            from node in nodes.Where(
                n => n.Round == pair.Round && n.InstructionId == pair.InstructionId && n.Path == pair.ChosenFrom).DefaultIfEmpty()
            from answer in answers.Where(
                a => a.Round == pair.Round && a.InstructionId == pair.InstructionId && "a" + a.Index == pair.ChosenFrom).DefaultIfEmpty()
            from rejected in answers.Where(
                a => a.Round == pair.Round && a.InstructionId == pair.InstructionId && "a" + a.Index == pair.RejectedFrom)
                .DefaultIfEmpty()
            select new Found
            {
                Pair = found.Pair,
                Instruction = found.Instruction,
                Human = found.Human,
                Node = node == null ? null : new RowOrigin(node.Seed, node.ModelHash, node.PromptHash, node.Reasoning),
                Answer = answer == null ? null : new RowOrigin(answer.Seed, answer.ModelHash, answer.PromptHash, answer.Reasoning),
                Rejected = rejected == null
                    ? null : new RowOrigin(rejected.Seed, rejected.ModelHash, rejected.PromptHash, rejected.Reasoning),
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

        public int Length => Instruction.Messages.Sum(m => m.Content.Length) + Pair.Chosen.Length + Pair.Rejected.Length
            + (Human?.Chosen?.Length ?? 0) + (Node?.Reasoning?.Length ?? 0) + (Answer?.Reasoning?.Length ?? 0)
            + (Rejected?.Reasoning?.Length ?? 0);
    }
}
