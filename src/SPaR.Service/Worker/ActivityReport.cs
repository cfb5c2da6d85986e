using Npgsql;
using NpgsqlTypes;
using SPaR.Method.Input;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;

namespace SPaR.Service.Worker;

/// <summary>Writes every two seconds what this worker does (<see cref="WorkActivity"/>), and removes what dead workers wrote.</summary>
internal sealed class ActivityReport(
    NpgsqlDataSource source, WorkerSlots slots, TimeProvider time, ILogger<ActivityReport> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, WorkMeter> _meters = [];
    private bool _hasReported;

    /// <summary>Measures work on a run or an evaluation until it is disposed. Slices that overlap share a meter.</summary>
    public Work Start(string id)
    {
        lock (_lock)
        {
            if (!_meters.TryGetValue(id, out var meter))
                _meters.Add(id, meter = new(time));
            meter.Users++;
            return new(this, id, meter);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await WriteAsync(stoppingToken);
            }
            catch (Exception error) when (error.IsDatabaseError())
            {
                // The next report has all of it.
                logger.ActivityReportFailed(error);
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        KeyValuePair<string, WorkMeter>[] work;
        lock (_lock)
            work = [.. _meters];
        if (work.Length == 0 && !_hasReported)
            return;
        _hasReported = work.Length > 0;
        var reports = Array.ConvertAll(work, w => (Id: w.Key, w.Value.Phase, Now: w.Value.Report()));
        await using var command = source.CreateCommand(
            """
            WITH gone AS (
                DELETE FROM spar.work_activity
                WHERE (worker = $1 AND NOT work_id = ANY($2)) OR reported_at < now() - interval '1 hour')
            INSERT INTO spar.work_activity (worker, work_id, phase, in_flight, generated, tokens_per_second, reported_at)
            SELECT $1, work_id, phase, in_flight, generated, tokens_per_second, now()
            FROM unnest($2, $3, $4, $5, $6) AS r (work_id, phase, in_flight, generated, tokens_per_second)
            ON CONFLICT (worker, work_id) DO UPDATE SET phase = excluded.phase, in_flight = excluded.in_flight,
                generated = excluded.generated, tokens_per_second = excluded.tokens_per_second, reported_at = excluded.reported_at
            """);
        command.Parameters.Add(new() { Value = slots.Name });
        Add(NpgsqlDbType.Text, r => r.Id);
        Add(NpgsqlDbType.Text, r => EnumName.Of(r.Phase));
        Add(NpgsqlDbType.Integer, r => r.Now.InFlight);
        Add(NpgsqlDbType.Bigint, r => r.Now.Generated);
        Add(NpgsqlDbType.Double, r => r.Now.PerSecond);
        await command.ExecuteNonQueryAsync(cancellationToken);

        void Add<T>(
            NpgsqlDbType type, Converter<(string Id, WorkPhase Phase, (int InFlight, long Generated, double PerSecond) Now), T> value) =>
            command.Parameters.Add(new() { Value = Array.ConvertAll(reports, value), NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private void End(string id, WorkMeter meter)
    {
        lock (_lock)
            if (--meter.Users == 0)
                _meters.Remove(id);
    }

    /// <summary>Work on a run or an evaluation.</summary>
    internal sealed class Work(ActivityReport report, string id, WorkMeter meter) : IDisposable
    {
        public WorkMeter Meter => meter;

        public void Dispose() => report.End(id, meter);
    }
}
