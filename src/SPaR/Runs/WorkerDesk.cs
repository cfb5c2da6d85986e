using Microsoft.Extensions.Options;
using SPaR.Storage;

namespace SPaR.Runs;

/// <summary>What this process is working on: its name on leases, the runs it has a share of, and how many items of each are in
/// flight.</summary>
internal sealed class WorkerDesk(IOptions<WorkerOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Claim> _claims = [];
    private readonly Dictionary<string, int> _inFlight = [];

    /// <summary>An item of this run has left the desk, so that another may start.</summary>
    public event Action<string>? Freed;

    /// <summary>Differs between processes, also of the same name: a restarted worker does not prolong what it held before.</summary>
    public string Name { get; } = $"{options.Value.Name ?? Environment.MachineName}/{Ids.New("wrk", time)}";

    /// <returns>Null when this process has a share of the run already; disposing it, once or more often, gives the run up.</returns>
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

    /// <summary>How many more items of a run may start. The items of an ending share count until they are done, so its successor fills
    /// their places one by one and the engine's batch stays full.</summary>
    public int Free(string runId, int capacity)
    {
        lock (_lock)
            return Math.Max(0, capacity - _inFlight.GetValueOrDefault(runId));
    }

    public void Start(string runId)
    {
        lock (_lock)
            _inFlight[runId] = _inFlight.GetValueOrDefault(runId) + 1;
    }

    public void Finish(string runId)
    {
        lock (_lock)
        {
            if (--_inFlight[runId] == 0)
                _inFlight.Remove(runId);
        }

        Freed?.Invoke(runId);
    }

    private sealed class Claim(WorkerDesk desk, string runId) : IDisposable
    {
        public void Dispose()
        {
            lock (desk._lock)
            {
                // The run may be claimed by the next share already.
                if (desk._claims.TryGetValue(runId, out var current) && current == this)
                    desk._claims.Remove(runId);
            }
        }
    }
}
