using System.Globalization;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Method.Items;

namespace SPaR.Service.Items;

/// <summary>Statements over the items of a run. The caller holds the lock on the run's row.</summary>
internal static class ItemStore
{
    /// <param name="round">Null for all rounds.</param>
    public static Task<ItemTotals> TotalsAsync(SparDb db, string runId, int? round, CancellationToken cancellationToken) =>
        db.Database.SqlQuery<ItemTotals>(
            $"""
            SELECT count(*)::int AS "all",
                (count(*) FILTER (WHERE state = 'pending'))::int AS pending,
                (count(*) FILTER (WHERE state = 'pending' AND lease_owner IS NOT NULL AND lease_until > now()))::int AS leased,
                (count(*) FILTER (WHERE state = 'error'))::int AS errors
            FROM spar.run_items WHERE run_id = {runId} AND round = coalesce({round}, round)
            """).SingleAsync(cancellationToken);

    /// <summary>What a run has used of its target.</summary>
    public static Task<TargetUse> UseAsync(SparDb db, string runId, int round, CancellationToken cancellationToken) =>
        db.Database.SqlQuery<TargetUse>(
            $"""
            SELECT (SELECT count(*)::int FROM spar.pairs WHERE run_id = r.id AND round = {round}) AS pairs,
                extract(epoch FROM now() - coalesce(r.started_at, now()))::double precision AS seconds,
                (SELECT coalesce(sum(prefill_computed + generated), 0)::bigint FROM spar.run_items WHERE run_id = r.id) AS tokens
            FROM spar.runs r WHERE r.id = {runId}
            """).SingleAsync(cancellationToken);

    /// <summary>Leaves out the items of a round that no worker holds.</summary>
    /// <param name="detail">Why: what <see cref="RunTarget.Reached"/> says.</param>
    public static Task LeaveOutAsync(SparDb db, string runId, int round, string detail, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.run_items SET state = 'cancelled', detail = {detail}, lease_owner = NULL, lease_until = NULL, finished_at = now()
            WHERE run_id = {runId} AND round = {round} AND state = 'pending' AND (lease_until IS NULL OR lease_until < now())
            """, cancellationToken);

    /// <returns>The limit for which items of the run were left out (<see cref="RunTarget.Limit"/>); null if none.</returns>
    public static Task<string?> LimitAsync(SparDb db, string runId, CancellationToken cancellationToken) =>
        db.RunItems.Where(i => i.RunId == runId && i.State == ItemState.Cancelled && i.Detail!.StartsWith(RunTarget.LimitPrefix))
            .OrderByDescending(i => i.Round).Select(i => i.Detail).FirstOrDefaultAsync(cancellationToken);

    /// <summary>Takes the pending items from their workers: one that was frozen past its lease can write nothing any more.</summary>
    public static Task ReleaseLeasesAsync(SparDb db, string runId, bool cancel, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.run_items SET lease_owner = NULL, lease_until = NULL,
                state = CASE WHEN {cancel} THEN 'cancelled' ELSE state END, finished_at = CASE WHEN {cancel} THEN now() END
            WHERE run_id = {runId} AND state = 'pending'
            """, cancellationToken);

    /// <summary>Ends the pending items in error; a worker that has one can write nothing any more.</summary>
    public static Task FailPendingAsync(SparDb db, string runId, string? detail, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.run_items SET lease_owner = NULL, lease_until = NULL, state = 'error', detail = {detail}, finished_at = now()
            WHERE run_id = {runId} AND state = 'pending'
            """, cancellationToken);

    /// <summary>Gives the items of a round that ended in error another chance.</summary>
    /// <returns>How many.</returns>
    public static Task<int> RetryFailedAsync(SparDb db, string runId, int round, CancellationToken cancellationToken) =>
        db.RunItems.Where(i => i.RunId == runId && i.Round == round && i.State == ItemState.Error).ExecuteUpdateAsync(
            set => set.SetProperty(i => i.State, ItemState.Pending).SetProperty(i => i.Failures, 0)
                .SetProperty(i => i.Detail, (string?)null).SetProperty(i => i.FinishedAt, (DateTimeOffset?)null),
            cancellationToken);

    public static Task<string?> CommonestErrorAsync(SparDb db, string runId, int round, CancellationToken cancellationToken) =>
        db.RunItems.Where(i => i.RunId == runId && i.Round == round && i.State == ItemState.Error).GroupBy(i => i.Detail)
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Select(g => g.Key).FirstAsync(cancellationToken);

    /// <returns>How the instructions of a run without pairs ended; null if it has a pair.</returns>
    public static async Task<string?> WithoutPairsAsync(SparDb db, string runId, CancellationToken cancellationToken)
    {
        var states = await db.RunItems.Where(i => i.RunId == runId).GroupBy(i => i.State).OrderByDescending(g => g.Count())
            .Select(g => new { State = g.Key, Count = g.Count() }).ToListAsync(cancellationToken);
        if (states.Exists(s => s.State is ItemState.Paired))
            return null;
        var counts = states.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Count} {EnumName.Of(s.State)}"));
        return $"No instruction gave a pair: {string.Join(", ", counts)}. There is nothing to train on.";
    }
}
