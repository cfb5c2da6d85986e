using SPaR.Method.Recipes;
using SPaR.Service.Items;
using SPaR.Service.Lifecycle;
using SPaR.Service.Rounds;

namespace SPaR.Service.Runs;

/// <summary>Shares the counts of runs between all who ask. Counting reads every row of a run, of which there may be a million: the counts
/// of a run that works are used for ten times as long as counting took, and those of one that has ended until its status changes, or a
/// verdict that its filters look at. So counting takes at most a tenth of a connection's time, however often somebody asks.</summary>
internal sealed class RunCountCache(IDbContextFactory<SparDb> databases, TimeProvider time)
{
    private const int MostRuns = 1000, TimesAsLong = 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <param name="rounds">Of each run, those that have started.</param>
    /// <returns>By run.</returns>
    public async Task<IReadOnlyDictionary<string, RunCounts>> ReadAsync(
        SparDb db, IReadOnlyList<Run> runs, ILookup<string, RunRound> rounds, CancellationToken cancellationToken)
    {
        var verdicts = await VerdictsAsync(db, runs, cancellationToken);
        var asked = new Dictionary<string, Entry>();
        lock (_lock)
        {
            List<Run> missing = [];
            foreach (var run in runs)
            {
                if (_entries.TryGetValue(run.Id, out var entry) && IsFresh(entry, run, State(run)))
                    asked[run.Id] = entry;
                else
                    missing.Add(run);
            }

            // Those who ask at the same moment wait for the same count, which does not end with the request of one of them.
            var counting = missing.Count == 0 ? null : Task.Run(() => CountAsync(missing), CancellationToken.None);
            foreach (var run in missing)
                _entries[run.Id] = asked[run.Id] = new(State(run), counting!);
            foreach (var (id, _) in _entries.Where(e => !asked.ContainsKey(e.Key)).Take(_entries.Count - MostRuns).ToList())
                _entries.Remove(id);
        }

        var counts = new Dictionary<string, RunCounts>();
        foreach (var (id, entry) in asked)
            counts[id] = (await entry.Counting.WaitAsync(cancellationToken)).Counts[id];
        return counts;

        // Counts are of this state; a run in another is counted anew.
        string State(Run run) =>
            $"{run.Status} {run.FinishedAt:O} {string.Join(' ', rounds[run.Id].Select(r => r.Stage))} {verdicts.GetValueOrDefault(run.Id)}";
    }

    private bool IsFresh(Entry entry, Run run, string state) => entry.State == state && entry.Counting switch
    {
        { IsCompletedSuccessfully: true, Result: var done } =>
            StatusTransitions.IsEnd(run.Status) || time.GetElapsedTime(done.At) < done.Took * TimesAsLong,
        var counting => !counting.IsCompleted,
    };

    /// <returns>The verdicts of each run whose filters look at them: how many, and when the last was given.</returns>
    private static async Task<Dictionary<string, string>> VerdictsAsync(
        SparDb db, IReadOnlyList<Run> runs, CancellationToken cancellationToken)
    {
        var ids = runs.Where(r => r.Recipe.PairFilters.Human is not HumanFilter.Any).Select(r => r.Id).ToList();
        return ids.Count == 0 ? [] : await db.PairVerdicts.Where(v => ids.Contains(v.RunId)).GroupBy(v => v.RunId)
            .Select(g => new { Run = g.Key, Count = g.Count(), Last = g.Max(v => v.At) })
            .ToDictionaryAsync(g => g.Run, g => $"{g.Count} {g.Last:O}", cancellationToken);
    }

    private async Task<Counted> CountAsync(List<Run> runs)
    {
        await using var db = await databases.CreateDbContextAsync();
        var start = time.GetTimestamp();
        var counts = await RunCounts.ReadAsync(db, runs, CancellationToken.None);
        var end = time.GetTimestamp();
        return new(counts, end, time.GetElapsedTime(start, end));
    }

    private sealed record Entry(string State, Task<Counted> Counting);

    private sealed record Counted(IReadOnlyDictionary<string, RunCounts> Counts, long At, TimeSpan Took);
}
