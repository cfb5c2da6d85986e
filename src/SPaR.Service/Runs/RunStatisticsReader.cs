using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Pairs;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;
using SPaR.Service.Rounds;
using SPaR.Service.Trainings;

namespace SPaR.Service.Runs;

/// <summary>Reads runs with the counts of their rows: items by state, tokens, pairs, in all and by round.</summary>
internal sealed class RunStatisticsReader(RunCountCache counts)
{
    /// <returns>The views of the runs, in their order.</returns>
    public async Task<IReadOnlyList<RunView>> ReadAsync(SparDb db, IReadOnlyList<Run> runs, CancellationToken cancellationToken)
    {
        var ids = runs.Select(r => r.Id).ToList();
        var rounds = (await db.RunRounds.AsNoTracking().Where(r => ids.Contains(r.RunId)).OrderBy(r => r.Round)
            .ToListAsync(cancellationToken))
            .ToLookup(r => r.RunId);
        var trainings = rounds.SelectMany(run => run).SelectMany(r => new[] { r.ActorTrainingId, r.RefinerTrainingId }).OfType<string>()
            .ToList();
        var datasets = (await db.TrainingRuns.Where(t => trainings.Contains(t.Id) && t.DatasetHash != null && t.Rows != null)
            .Select(t => new { t.Id, t.Sources, t.DatasetHash, t.Rows, t.EvalRows }).ToListAsync(cancellationToken))
            .ToDictionary(t => t.Id, t => new RoundDataset(t.Sources[0], t.DatasetHash!, t.Rows!.Value, t.EvalRows ?? 0));
        var evaluations = (await db.Evaluations.Where(e => ids.Contains(e.RunId!)).OrderBy(e => e.Id)
            .Select(e => new { RunId = e.RunId!, e.Round, Name = e.Name!, e.Id }).ToListAsync(cancellationToken))
            .ToLookup(e => (e.RunId, e.Round));
        var counted = await counts.ReadAsync(db, runs, rounds, cancellationToken);
        var views = new List<RunView>();
        foreach (var run in runs)
        {
            var (items, pairs, verified) = counted[run.Id];
            var all = Statistics(run, [.. rounds[run.Id]], items, pairs, verified);
            var current = rounds[run.Id].Last();
            var now = await RunProgressReader.ReadAsync(db, run, [.. rounds[run.Id]], all, counted[run.Id], cancellationToken);
            var stalled = await Stalled.FindAsync(db, run, current, now?.Activity, cancellationToken);
            views.Add(RunView.Of(run, all, [.. rounds[run.Id].Select(r => Round(run, r, counted[run.Id]))], now, stalled));
        }

        return views;

        RoundView Round(Run run, RunRound r, RunCounts of) => RoundView.Of(
            r,
            Statistics(
                run, [r], of.Items.Where(i => i.Round == r.Round), of.Pairs.Where(p => p.Round == r.Round),
                of.Verified?.Where(v => v.Round == r.Round)),
            datasets,
            evaluations[(r.RunId, r.Round)].ToDictionary(e => e.Name, e => e.Id));
    }

    /// <param name="verified">Null where no instruction has constraints.</param>
    private static RunStatistics Statistics(
        Run run, IReadOnlyList<RunRound> rounds, IEnumerable<ItemGroup> items, IEnumerable<PairGroup> pairs,
        IEnumerable<VerifiedGroup>? verified)
    {
        var (all, groups) = (items.ToList(), pairs.ToList());
        var count = groups.Sum(p => p.Count);
        var tokens = new TokenCounts(
            all.Sum(i => i.Tokens.PrefillComputed), all.Sum(i => i.Tokens.PrefillForked), all.Sum(i => i.Tokens.Generated));
        var cost = new StepCost(Sum(all.Select(i => i.Generations)), Sum(all.Select(i => i.StageTokens)));
        return RunStatistics.Of(
            all.GroupBy(i => i.State).ToDictionary(g => g.Key, g => g.Sum(i => i.Count)), tokens,
            new(
                count, count == 0 ? null : groups.Sum(p => p.Mean * p.Count) / count,
                PairFilters.Active(run.Recipe.PairFilters).ToDictionary(
                    EnumName.Of, filter => groups.Where(g => g.FilteredBy == filter).Sum(g => g.Count))),
            verified is null ? null : VerifierStatistics.Of([.. verified]),
            RunCost.Of(cost, tokens, rounds.Sum(SelfPlaySeconds), count, run.Target?.Prices));

        double SelfPlaySeconds(RunRound round) => all.Where(i => i.Round == round.Round).Max(i => i.LastFinished) is { } last
            ? (last - round.StartedAt).TotalSeconds
            : 0;

        static StageCounts Sum(IEnumerable<StageCounts> counts) => counts.Aggregate(default(StageCounts), (sum, c) => sum + c);
    }
}
