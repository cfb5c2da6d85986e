using System.Text.Json;
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
        var filters = new PairFilters(options, await BenchmarkTextsAsync(db, options.Contamination, cancellationToken));
        var (ids, decisions) = (new List<string>(), new List<string?>());
        var rows =
            from pair in db.Pairs.AsNoTracking()
            join instruction in db.Instructions on pair.InstructionId equals instruction.Id
            where pair.RunId == run.Id && pair.Round == round
            orderby instruction.Ordinal
            select new { Pair = pair, instruction.Messages };
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            ids.Add(row.Pair.Id);
            decisions.Add(filters.Of(row.Pair, string.Join('\n', row.Messages.Select(m => m.Content))) is { } filter
                ? EnumName.Of(filter)
                : null);
        }

        // Pairs that pass too: after a retry of failed instructions all pairs of the round are decided again.
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.pairs SET filtered_by = decided.filter
            FROM unnest({ids.ToArray()}, {decisions.ToArray()}) AS decided (id, filter) WHERE pairs.id = decided.id
            """, cancellationToken);
    }

    private static async Task<List<string>> BenchmarkTextsAsync(SparDb db, string? set, CancellationToken cancellationToken) =>
        set is null
            ? []
            : [.. (await db.BenchmarkItems.AsNoTracking().Where(i => i.SetId == set).Select(i => i.Body).ToListAsync(cancellationToken))
                .SelectMany(Texts)];

    /// <summary>Every text in an item, whatever its benchmark calls the field.</summary>
    private static IEnumerable<string> Texts(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => [json.GetString()!],
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => json.EnumerateObject().SelectMany(property => Texts(property.Value)),
        _ => [],
    };
}
