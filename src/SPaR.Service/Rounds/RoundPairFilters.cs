using SPaR.Method.Input;
using SPaR.Method.Pairs;
using SPaR.Service.Evaluations;
using SPaR.Service.Instructions;
using SPaR.Service.Items;

namespace SPaR.Service.Rounds;

/// <summary>Decides at the end of a round's self-play which of its pairs are trained on, and stores in each other pair what leaves it
/// out.</summary>
internal static class RoundPairFilters
{
    public static async Task ApplyAsync(SparDb db, Run run, int round, CancellationToken cancellationToken)
    {
        var options = run.Recipe.PairFilters;
        if (!PairFilters.Active(options).Any())
            return;
        var filters = new PairFilters(options, await BenchmarkTexts.ReadAsync(db, options.Contamination, cancellationToken));
        var (ids, decisions) = (new List<string>(), new List<string?>());
        var rows =
            from given in db.GivenPairs()
            join instruction in db.Instructions on given.Pair.InstructionId equals instruction.Id
            where given.Pair.RunId == run.Id && given.Pair.Round == round
            orderby instruction.Ordinal
            select new { given.Pair, given.Human, instruction.Messages };
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            ids.Add(row.Pair.Id);
            var prompt = string.Join('\n', row.Messages.Select(m => m.Content));
            decisions.Add(filters.Of(row.Pair.As(row.Human), prompt, row.Human?.Verdict) is { } filter ? EnumName.Of(filter) : null);
        }

        // Pairs that pass too: after a retry of failed instructions all pairs of the round are decided again.
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.pairs SET filtered_by = decided.filter
            FROM unnest({ids.ToArray()}, {decisions.ToArray()}) AS decided (id, filter) WHERE pairs.id = decided.id
            """, cancellationToken);
    }
}
