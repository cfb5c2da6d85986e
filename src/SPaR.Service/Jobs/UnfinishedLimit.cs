using System.Runtime.CompilerServices;
using SPaR.Service.Http;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Jobs;

/// <summary>Refuses more work than there may be at a time, so that a client in a loop does not fill the database. Requests at the same
/// moment may pass together. What rounds start of themselves is not counted.</summary>
internal sealed class UnfinishedLimit(JobOptions options)
{
    /// <returns>Null while there may be more.</returns>
    public async Task<ConflictProblem?> CheckAsync(SparDb db, WorkKind kind, CancellationToken cancellationToken)
    {
        var own = kind.BelongsToRuns ? " AND run_id IS NULL" : "";
        var count = await db.Database.SqlQuery<int>(FormattableStringFactory.Create(
            $"""
            SELECT count(*)::int AS "Value" FROM {kind.Table} WHERE status NOT IN ('succeeded', 'failed', 'cancelled'){own}
            """)).SingleAsync(cancellationToken);
        return count < options.MaxUnfinished
            ? null
            : ConflictProblem.Of(
                "too-many-unfinished", $"There are {count} {kind.Name}s that have not ended, and Jobs:MaxUnfinished allows "
                + $"{options.MaxUnfinished}. Wait until some have ended, or cancel some.");
    }
}
