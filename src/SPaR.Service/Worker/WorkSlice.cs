using SPaR.Service.Events;

namespace SPaR.Service.Worker;

/// <summary>Works on one run or one evaluation for a while: keeps its items in flight, starts more as they end, and stops when it is
/// paused, cancelled or ended, or when the time is up. Knows tasks and signals; knows nothing of what an item is.</summary>
internal sealed class WorkSlice(RunSignals signals, WorkerSlots slots, IOptions<WorkerOptions> options, TimeProvider time)
{
    // Signals arrive at once; this is for those that a broken connection lost.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(800);

    public async Task<SliceEnd> RunAsync(IItemSource items, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wake = new Wake(time);
        void WakeFor(string changed)
        {
            if (changed == items.Id)
                wake.Now();
        }

        using var subscription = signals.Subscribe(WakeFor);
        slots.Freed += WakeFor;
        var inFlight = new HashSet<Task>();
        var refill = true;
        var isRunning = true;
        try
        {
            while (isRunning = await items.IsRunningAsync(cancellationToken))
            {
                if (refill && time.GetElapsedTime(started) >= options.Value.Slice)
                {
                    refill = false;
                    await items.TimeUpAsync(cancellationToken);
                }

                var isMore = refill && await FillAsync(items, inFlight, wake, stop.Token);
                if (!isMore && inFlight.Count == 0)
                    break;
                await wake.WaitAsync(PollInterval, cancellationToken);
                await CollectAsync(inFlight);
            }
        }
        finally
        {
            slots.Freed -= WakeFor;
            await stop.CancelAsync();
            // However the slice ends, no item uses the models after it.
            await Task.WhenAll(inFlight).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await CollectAsync(inFlight);
        return !isRunning ? SliceEnd.Stopped : refill ? SliceEnd.AllDone : SliceEnd.TimeUp;
    }

    private static async Task<bool> FillAsync(IItemSource items, HashSet<Task> inFlight, Wake wake, CancellationToken stop)
    {
        var (started, isMore) = await items.StartAsync(inFlight.Count, stop);
        foreach (var item in started)
        {
            inFlight.Add(item);
            _ = item.ContinueWith(
                _ => wake.Now(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return isMore;
    }

    /// <summary>Removes the items that have ended; one that must end the slice throws here.</summary>
    private static async Task CollectAsync(HashSet<Task> inFlight)
    {
        foreach (var task in inFlight.Where(t => t.IsCompleted).ToList())
        {
            inFlight.Remove(task);
            await task;
        }
    }
}

/// <summary>The items of a run or an evaluation, as a work slice takes them.</summary>
internal interface IItemSource
{
    /// <summary>The run's or the evaluation's; its signals wake the slice.</summary>
    string Id { get; }

    Task<bool> IsRunningAsync(CancellationToken cancellationToken);

    /// <summary>Starts as many items as there is room for.</summary>
    /// <param name="inFlight">How many of the slice have not ended.</param>
    /// <param name="stop">Stops the items. A stopped item returns without a result and does not throw.</param>
    Task<StartedItems> StartAsync(int inFlight, CancellationToken stop);

    /// <summary>The time is up: the slice starts no more items.</summary>
    Task TimeUpAsync(CancellationToken cancellationToken);
}

/// <param name="IsMore">Whether there may be further items to start.</param>
internal readonly record struct StartedItems(IReadOnlyList<Task> Items, bool IsMore);

internal enum SliceEnd
{
    AllDone,

    /// <summary>Items may be left for another slice.</summary>
    TimeUp,

    /// <summary>It was paused, cancelled or ended meanwhile.</summary>
    Stopped,
}
