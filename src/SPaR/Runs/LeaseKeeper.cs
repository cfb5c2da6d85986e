using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace SPaR.Runs;

/// <summary>Prolongs, in one statement for all of them, the leases of what this process works on.</summary>
internal sealed class LeaseKeeper(
    LeaseStore leases, WorkerDesk desk, IOptions<WorkerOptions> options, TimeProvider time, ILogger<LeaseKeeper> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Two beats may be lost before a lease runs out.
        using var timer = new PeriodicTimer(options.Value.Lease / 3, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await leases.HeartbeatAsync(desk.InFlight, options.Value.Lease, stoppingToken);
            }
            catch (NpgsqlException error)
            {
                // The leases may run out meanwhile; then others work on the items, and the fence refuses what is written here.
                Log.HeartbeatFailed(logger, error);
            }
        }
    }
}
