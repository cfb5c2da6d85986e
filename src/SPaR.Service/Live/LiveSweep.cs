using Npgsql;
using SPaR.Service.Logging;

namespace SPaR.Service.Live;

/// <summary>Every minute, deletes live requests that ended <see cref="LiveOptions.KeepMinutes"/> ago with all that was written for them,
/// and cancels those whose API process has died.</summary>
internal sealed class LiveSweep(NpgsqlDataSource source, IOptions<LiveOptions> options, TimeProvider time, ILogger<LiveSweep> logger)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception error) when (error.IsDatabaseError())
            {
                // The next sweep tries again.
                logger.LiveSweepFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new(
            """
            UPDATE spar.live_requests SET status = 'cancelled', finished_at = now(), lease_owner = NULL, lease_until = NULL
            WHERE status IN ('queued', 'running') AND watched_until < now()
            """));
        batch.BatchCommands.Add(new("DELETE FROM spar.live_requests WHERE finished_at < now() - $1")
        {
            Parameters = { new() { Value = TimeSpan.FromMinutes(options.Value.KeepMinutes) } },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
