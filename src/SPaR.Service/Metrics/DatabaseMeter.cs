using System.Diagnostics.Metrics;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Jobs;
using SPaR.Service.Logging;

namespace SPaR.Service.Metrics;

/// <summary>The work of all workers together: what is waiting, running and failed, counted in the database when metrics are collected.
/// Without the database only these metrics are missing.</summary>
public sealed class DatabaseMeter
{
    private const string Name = "SPaR.Database";

    // A collection reads all instruments within milliseconds, so they share one query.
    private static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(5);

    private static readonly string[] Statuses = [.. Enum.GetValues<RunStatus>().Select(EnumName.Of)];

    private readonly Lock _lock = new();
    private readonly Meter _meter;
    private readonly IDbContextFactory<SparDb> _databases;
    private readonly JobHealth _jobs;
    private readonly TimeProvider _time;
    private readonly ILogger<DatabaseMeter> _logger;
    private IReadOnlyDictionary<(string Name, string Label), long>? _counts;
    private long? _readAt;

    public DatabaseMeter(
        IMeterFactory meters, IDbContextFactory<SparDb> databases, JobHealth jobs, TimeProvider time, ILogger<DatabaseMeter> logger)
    {
        (_meter, _databases, _jobs, _time, _logger) = (meters.Create(Name), databases, jobs, time, logger);
        Gauge("spar_runs", "Self-play runs by status.", "status", Statuses);
        Gauge("spar_training_runs", "Training runs by status.", "status", Statuses);
        Gauge("spar_evaluations", "Evaluations by status.", "status", Statuses);
        Gauge(
            "spar_run_items", "Unfinished instructions of queued and running runs: leased by a worker, or waiting for one.", "state",
            ["waiting", "leased"]);
        _meter.CreateObservableGauge<long>(
            "spar_failed_jobs",
            () => Read() is { } counts ? [new(counts.GetValueOrDefault(("spar_failed_jobs", "")))] : [],
            null, "Jobs that were given up and have not succeeded since.");
        _meter.CreateObservableGauge<long>(
            "spar_suspect_jobs",
            () => Read() is { } counts ? [new(counts.GetValueOrDefault(("spar_suspect_jobs", "")))] : [],
            null, "Jobs over which a process has died, and which are tried again.");
    }

    /// <summary>A label value without rows is 0, so that no series disappears.</summary>
    private void Gauge(string name, string help, string label, string[] values) => _meter.CreateObservableGauge<long>(
        name,
        () => Read() is { } counts
            ? [.. values.Select(value => new Measurement<long>(
                counts.GetValueOrDefault((name, value)), KeyValuePair.Create(label, (object?)value)))]
            : [],
        null, help);

    /// <returns>Null if the database does not answer.</returns>
    private IReadOnlyDictionary<(string Name, string Label), long>? Read()
    {
        lock (_lock)
        {
            if (_readAt is { } at && _time.GetElapsedTime(at) < CacheTime)
                return _counts;
            using var timeout = new CancellationTokenSource(Timeout, _time);
            try
            {
                // Observable instruments are synchronous.
                _counts = CountAsync(timeout.Token).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is OperationCanceledException || e.IsDatabaseError())
            {
                _logger.DatabaseUnavailable(e.GetBaseException().Message);
                _counts = null;
            }

            _readAt = _time.GetTimestamp();
            return _counts;
        }
    }

    private async Task<IReadOnlyDictionary<(string Name, string Label), long>> CountAsync(CancellationToken cancellationToken)
    {
        var trouble = await _jobs.CountAsync(cancellationToken);
        await using var db = await _databases.CreateDbContextAsync(cancellationToken);
        return await db.Database.SqlQuery<Count>(
            $"""
            SELECT 'spar_runs' AS name, status AS label, count(*) AS value FROM spar.runs GROUP BY status
            UNION ALL SELECT 'spar_training_runs', status, count(*) FROM spar.training_runs GROUP BY status
            UNION ALL SELECT 'spar_evaluations', status, count(*) FROM spar.evaluations GROUP BY status
            UNION ALL SELECT 'spar_run_items', CASE WHEN i.lease_until >= now() THEN 'leased' ELSE 'waiting' END, count(*)
                FROM spar.runs r JOIN spar.run_items i ON i.run_id = r.id AND i.state = 'pending'
                WHERE r.status IN ('queued', 'running') GROUP BY 2
            UNION ALL SELECT 'spar_failed_jobs', '', {trouble.GivenUp}::bigint
            UNION ALL SELECT 'spar_suspect_jobs', '', {trouble.Suspects}::bigint
            """).ToDictionaryAsync(c => (c.Name, c.Label), c => c.Value, cancellationToken);
    }

    private sealed record Count(string Name, string Label, long Value);
}
