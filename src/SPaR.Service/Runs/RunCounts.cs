using SPaR.Method.Items;
using SPaR.Service.Items;

namespace SPaR.Service.Runs;

/// <summary>What the rows of a run add up to, by round.</summary>
/// <param name="Verified">Null where no instruction has constraints.</param>
internal sealed record RunCounts(
    IReadOnlyList<ItemGroup> Items, IReadOnlyList<PairGroup> Pairs, IReadOnlyCollection<VerifiedGroup>? Verified)
{
    /// <summary>Reads every item, pair and judgement of the runs.</summary>
    /// <returns>By run.</returns>
    public static async Task<IReadOnlyDictionary<string, RunCounts>> ReadAsync(
        SparDb db, IReadOnlyList<Run> runs, CancellationToken cancellationToken)
    {
        var ids = runs.Select(r => r.Id).ToList();
        var items = (await db.RunItems.Where(i => ids.Contains(i.RunId)).GroupBy(i => new { i.RunId, i.Round, i.State })
            .Select(g => new ItemGroup(
                g.Key.RunId, g.Key.Round, g.Key.State, g.Count(),
                new(g.Sum(i => i.PrefillComputed), g.Sum(i => i.PrefillForked), g.Sum(i => i.Generated)),
                new(g.Sum(i => i.SampleGenerations), g.Sum(i => i.JudgeGenerations), g.Sum(i => i.RefineGenerations)),
                new(g.Sum(i => i.SampleTokens), g.Sum(i => i.JudgeTokens), g.Sum(i => i.RefineTokens)), g.Max(i => i.FinishedAt)))
            .ToListAsync(cancellationToken)).ToLookup(i => i.RunId);
        var pairs = (await db.Pairs.Where(p => ids.Contains(p.RunId)).GroupBy(p => new { p.RunId, p.Round, p.FilteredBy })
            .Select(g => new PairGroup(g.Key.RunId, g.Key.Round, g.Key.FilteredBy, g.Count(), g.Average(p => p.Similarity)))
            .ToListAsync(cancellationToken)).ToLookup(p => p.RunId);
        var verified = await VerifierStatisticsReader.ReadAsync(db, runs, cancellationToken);
        return ids.ToDictionary(id => id, id => new RunCounts([.. items[id]], [.. pairs[id]], verified.GetValueOrDefault(id)));
    }
}

internal sealed record ItemGroup(
    string RunId, int Round, ItemState State, int Count, TokenCounts Tokens, StageCounts Generations, StageCounts StageTokens,
    DateTimeOffset? LastFinished);

/// <param name="Mean">Similarity.</param>
internal sealed record PairGroup(string RunId, int Round, PairFilter? FilteredBy, int Count, double Mean);
