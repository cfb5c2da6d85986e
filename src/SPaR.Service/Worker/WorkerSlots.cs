using SPaR.Service.Items;

namespace SPaR.Service.Worker;

/// <summary>What this process is working on: its name on leases, the runs and evaluations of which it has a work slice, and the items in
/// flight.</summary>
internal sealed class WorkerSlots(IOptions<WorkerOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Claim> _claims = [];
    private readonly HashSet<Lease> _inFlight = [];

    /// <summary>An item of this run has ended, so another may start.</summary>
    public event Action<string>? Freed;

    /// <summary>Differs between processes, also of the same name: a restarted worker does not extend the leases it had before.</summary>
    public string Name { get; } = $"{options.Value.Name ?? Environment.MachineName}/{Ids.New("wrk", time)}";

    /// <summary>The leases that are worked on. One that could not be released because the database did not answer is not among them: nobody
    /// extends it, and it expires.</summary>
    public IReadOnlyList<Lease> InFlight
    {
        get
        {
            lock (_lock)
                return [.. _inFlight];
        }
    }

    /// <returns>Null when this process has a slice of it already. Disposing it, once or more often, releases it.</returns>
    public IDisposable? TryClaim(string runId)
    {
        var claim = new Claim(this, runId);
        lock (_lock)
            return _claims.TryAdd(runId, claim) ? claim : null;
    }

    public bool Has(string runId)
    {
        lock (_lock)
            return _claims.ContainsKey(runId);
    }

    /// <summary>How many more items of a run may start. The items of an ending slice count until they are done, so its successor
    /// fills their places one by one and the engine's batch stays full.</summary>
    public int Free(string runId, int capacity)
    {
        lock (_lock)
            return Math.Max(0, capacity - _inFlight.Count(lease => lease.Key.RunId == runId));
    }

    public void Start(Lease lease)
    {
        lock (_lock)
            _inFlight.Add(lease);
    }

    public void Finish(Lease lease)
    {
        lock (_lock)
            _inFlight.Remove(lease);
        Freed?.Invoke(lease.Key.RunId);
    }

    private sealed class Claim(WorkerSlots slots, string runId) : IDisposable
    {
        public void Dispose()
        {
            lock (slots._lock)
            {
                // The next slice may have claimed it already.
                if (slots._claims.TryGetValue(runId, out var current) && current == this)
                    slots._claims.Remove(runId);
            }
        }
    }
}
