namespace SPaR.Service.Trainings;

/// <summary>Which training runs this process supervises.</summary>
internal sealed class TrainingSlots(IOptions<TrainerOptions> options)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _runs = [];

    /// <returns>Null when this process supervises it already, or has no free slot.</returns>
    public IDisposable? TryClaim(string runId)
    {
        lock (_lock)
            return _runs.Count < options.Value.Concurrent && _runs.Add(runId) ? new Claim(this, runId) : null;
    }

    public bool IsFull
    {
        get
        {
            lock (_lock)
                return _runs.Count >= options.Value.Concurrent;
        }
    }

    private sealed class Claim(TrainingSlots slots, string runId) : IDisposable
    {
        public void Dispose()
        {
            lock (slots._lock)
                slots._runs.Remove(runId);
        }
    }
}
