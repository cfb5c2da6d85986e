using Microsoft.EntityFrameworkCore;
using SPaR.Storage;

namespace SPaR.Runs;

/// <summary>Counts what stands of runs: items by state, tokens, pairs.</summary>
internal static class RunFigureReader
{
    public static async Task<IReadOnlyDictionary<string, RunFigures>> ReadAsync(
        SparDb db, IReadOnlyList<string> runs, CancellationToken stop)
    {
        var items = await db.RunItems.Where(i => runs.Contains(i.RunId)).GroupBy(i => new { i.RunId, i.State })
            .Select(g => new
            {
                g.Key.RunId,
                g.Key.State,
                Count = g.Count(),
                Computed = g.Sum(i => i.PrefillComputed),
                Forked = g.Sum(i => i.PrefillForked),
                Generated = g.Sum(i => i.Generated),
            }).ToListAsync(stop);
        var pairs = await db.Pairs.Where(p => runs.Contains(p.RunId)).GroupBy(p => p.RunId)
            .Select(g => new { RunId = g.Key, Count = g.Count(), Mean = g.Average(p => p.Similarity) })
            .ToDictionaryAsync(p => p.RunId, p => new PairCounts(p.Count, p.Mean), stop);
        var byRun = items.ToLookup(i => i.RunId);
        return runs.ToDictionary(run => run, run => RunFigures.Of(
            byRun[run].ToDictionary(i => i.State, i => i.Count),
            new(byRun[run].Sum(i => i.Computed), byRun[run].Sum(i => i.Forked), byRun[run].Sum(i => i.Generated)),
            pairs.GetValueOrDefault(run) ?? new(0, null)));
    }
}
