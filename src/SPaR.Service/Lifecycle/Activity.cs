namespace SPaR.Service.Lifecycle;

/// <summary>What all workers together do for a run or an evaluation right now.</summary>
/// <param name="Phase">Of the worker that has come furthest.</param>
/// <param name="InFlight">Instructions or items that are worked on.</param>
/// <param name="Generated">Tokens generated for these; the counts of tokens get them when they are through.</param>
/// <param name="TokensPerSecond">Tokens generated per second, over the last seconds.</param>
internal sealed record Activity(WorkPhase Phase, int Workers, int InFlight, long Generated, double TokensPerSecond)
{
    /// <summary>A worker that has reported nothing for so long has died, or lost its database.</summary>
    private const int StaleSeconds = 15;

    /// <returns>By id; without those that nobody works on.</returns>
    public static async Task<IReadOnlyDictionary<string, Activity>> ReadAsync(
        SparDb db, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var rows = await db.WorkActivities.FromSql(
            $"""
            SELECT * FROM spar.work_activity
            WHERE work_id = ANY({ids.ToArray()}) AND reported_at > now() - make_interval(secs => {StaleSeconds})
            """).AsNoTracking().ToListAsync(cancellationToken);
        return rows.GroupBy(row => row.WorkId).ToDictionary(
            work => work.Key,
            work => new Activity(
                work.Max(row => row.Phase), work.Count(), work.Sum(row => row.InFlight), work.Sum(row => row.Generated),
                Math.Round(work.Sum(row => row.TokensPerSecond), 1)));
    }
}
