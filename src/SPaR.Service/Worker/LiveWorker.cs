using SPaR.Service.Events;
using SPaR.Service.Live;
using SPaR.Service.Logging;

namespace SPaR.Service.Worker;

/// <summary>Takes live requests as soon as they arrive, beside whatever else this process works on, and extends their leases. Knows
/// nothing of what they ask for.</summary>
internal sealed class LiveWorker(
    LiveWorkStore store, LiveWork work, RunSignals signals, WorkerSlots slots, IOptions<LiveOptions> live,
    IOptions<WorkerOptions> options, TimeProvider time, ILogger<LiveWorker> logger) : BackgroundService
{
    // Signals arrive at once; this is for those that a broken connection lost, and for requests of workers that have died.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Running> _running = [];
    private long _extendedAt;
    private volatile bool _isUnwanted;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wake = new Wake(time);
        using var subscription = signals.Subscribe(
            _ =>
            {
                _isUnwanted = true;
                wake.Now();
            },
            RunSignals.LiveRequests);
        try
        {
            while (true)
            {
                await StepAsync(wake, stoppingToken);
                await wake.WaitAsync(PollInterval, stoppingToken);
            }
        }
        finally
        {
            await StopAsync(_running.Values);
        }
    }

    private async Task StepAsync(Wake wake, CancellationToken stoppingToken)
    {
        foreach (var ended in _running.Where(r => r.Value.Task.IsCompleted).Select(r => r.Key).ToList())
        {
            _running.Remove(ended, out var running);
            running!.Dispose();
        }

        try
        {
            await ExtendAsync(stoppingToken);
            if (live.Value.Concurrent - _running.Count is var free and > 0)
                foreach (var lease in await store.TakeAsync(slots.Name, free, options.Value.Lease, stoppingToken))
                    Start(lease, wake, stoppingToken);
        }
        catch (Exception error) when (error.IsDatabaseError())
        {
            // The leases may expire meanwhile. Then others take the requests, and what is written here is refused.
            logger.LiveStepFailed(error);
        }
    }

    /// <summary>Extends the leases in time, and at once when a request may have been cancelled.</summary>
    private async Task ExtendAsync(CancellationToken cancellationToken)
    {
        if (_running.Count == 0 || (!_isUnwanted && time.GetElapsedTime(_extendedAt) < options.Value.Lease / 3))
            return;
        _isUnwanted = false;
        var extended = await store.ExtendAsync([.. _running.Values.Select(r => r.Lease)], options.Value.Lease, cancellationToken);
        _extendedAt = time.GetTimestamp();
        foreach (var running in _running.Values.Where(r => !extended.Contains(r.Lease.Id)))
            await running.Stop.CancelAsync();
    }

    private void Start(LiveLease lease, Wake wake, CancellationToken stoppingToken)
    {
        var stop = new CancellationTokenSource();
        var task = Task.Run(() => work.RunAsync(lease, stop.Token, stoppingToken), CancellationToken.None);
        _running[lease.Id] = new(lease, stop, task);
        // Its place is free.
        _ = task.ContinueWith(
            _ => wake.Now(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static async Task StopAsync(IEnumerable<Running> running)
    {
        foreach (var one in running)
        {
            await one.Stop.CancelAsync();
            await one.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            one.Dispose();
        }
    }

    private sealed record Running(LiveLease Lease, CancellationTokenSource Stop, Task Task) : IDisposable
    {
        public void Dispose() => Stop.Dispose();
    }
}
