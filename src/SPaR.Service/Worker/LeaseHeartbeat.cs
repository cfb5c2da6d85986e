using SPaR.Service.Items;
using SPaR.Service.Logging;

namespace SPaR.Service.Worker;

/// <summary>Extends the leases of what this process works on, all in one statement.</summary>
internal sealed class LeaseHeartbeat(
    LeaseStore leases, WorkerSlots slots, IOptions<WorkerOptions> options, TimeProvider time, ILogger<LeaseHeartbeat> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Two heartbeats may be lost before a lease expires.
        using var timer = new PeriodicTimer(options.Value.Lease / 3, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await leases.HeartbeatAsync(slots.InFlight, options.Value.Lease, stoppingToken);
            }
            catch (Exception error) when (error.IsDatabaseError())
            {
                // The leases may expire meanwhile. Then others work on the items, and the fence refuses what is written here.
                logger.HeartbeatFailed(error);
            }
        }
    }
}
