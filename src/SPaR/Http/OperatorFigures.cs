using Microsoft.EntityFrameworkCore;
using SPaR.Runs;
using SPaR.Storage;

namespace SPaR.Http;

/// <summary>What whoever runs the service wants to see of its work: how much waits, runs and has failed, by the database and so of all
/// workers together.</summary>
public sealed class OperatorFigures(IDbContextFactory<SparDb> databases)
{
    private static readonly string[] Statuses = [.. Enum.GetValues<RunStatus>().Select(Kebab.Of)];

    private static readonly (string Table, string Name, string Help)[] Kinds =
    [
        ("runs", "spar_runs", "Self-play runs by status."),
        ("training_runs", "spar_training_runs", "Training runs by status."),
        ("evaluations", "spar_evaluations", "Evaluations by status."),
    ];

    /// <summary>Counts over indices; a status without a row is 0, so that a figure never goes away.</summary>
    public async Task<IReadOnlyList<OperatorFigure>> ReadAsync(CancellationToken stop)
    {
        await using var db = await databases.CreateDbContextAsync(stop);
        var counted = await db.Database.SqlQuery<Count>(
            $"""
            SELECT 'runs' AS name, status AS label, count(*) AS value FROM spar.runs GROUP BY status
            UNION ALL SELECT 'training_runs', status, count(*) FROM spar.training_runs GROUP BY status
            UNION ALL SELECT 'evaluations', status, count(*) FROM spar.evaluations GROUP BY status
            UNION ALL SELECT 'items', CASE WHEN i.lease_until >= now() THEN 'leased' ELSE 'waiting' END, count(*)
                FROM spar.runs r JOIN spar.run_items i ON i.run_id = r.id AND i.state = 'pending'
                WHERE r.status IN ('queued', 'running') GROUP BY 2
            UNION ALL SELECT 'failed_jobs', '', count(*) FROM spar.failed_jobs
            """).ToDictionaryAsync(c => (c.Name, c.Label), c => c.Value, stop);
        return
        [
            .. Kinds.SelectMany(kind => Statuses.Select(status =>
                new OperatorFigure(kind.Name, kind.Help, "status", status, Of(kind.Table, status)))),
            .. new[] { "waiting", "leased" }.Select(state => new OperatorFigure(
                "spar_run_items", "Instructions of queued and running runs that are not done: with a worker, or waiting for one.", "state",
                state, Of("items", state))),
            new("spar_failed_jobs", "Jobs that were given up and have not succeeded since.", null, null, Of("failed_jobs", "")),
        ];

        long Of(string name, string label) => counted.GetValueOrDefault((name, label));
    }

    private sealed record Count(string Name, string Label, long Value);
}

/// <summary>One number at this moment.</summary>
/// <param name="Label">What tells it from the others of its name; null where there is one only.</param>
public sealed record OperatorFigure(string Name, string Help, string? Label, string? LabelValue, long Value);
