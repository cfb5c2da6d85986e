namespace SPaR.Service.Keys;

/// <summary>Makes whoever fails again and again wait longer and longer. Knows neither keys nor requests. Thread-safe.</summary>
/// <remarks>Five failures in a row are free; each further one doubles the wait, from a second to five minutes. What is tried during a
/// wait is refused unseen and lengthens nothing. Ten minutes without a failure, and all is forgotten. Of ten thousand who fail at once
/// the longest quiet one is forgotten first, so that memory is bounded.</remarks>
internal sealed class LoginThrottle(TimeProvider time)
{
    public const int Free = 5, Most = 10_000;

    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Memory = 2 * LongestWait;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Failures> _failures = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _failures.Count;
        }
    }

    /// <returns>How long this one has to wait yet; zero where it may try.</returns>
    public TimeSpan WaitOf(string who)
    {
        lock (_lock)
        {
            if (!_failures.TryGetValue(who, out var failures))
                return TimeSpan.Zero;
            var left = failures.Last + WaitAfter(failures.Count) - time.GetUtcNow();
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Failed(string who)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var before = _failures.TryGetValue(who, out var failures) && now - failures.Last < Memory ? failures.Count : 0;
            if (failures is null && _failures.Count >= Most)
                Forget(now);
            _failures[who] = new(Math.Min(before + 1, int.MaxValue - 1), now);
        }
    }

    public void Succeeded(string who)
    {
        lock (_lock)
            _failures.Remove(who);
    }

    private static TimeSpan WaitAfter(int failures)
    {
        if (failures < Free)
            return TimeSpan.Zero;
        var doublings = Math.Min(failures - Free, 16);
        var wait = FirstWait * (1 << doublings);
        return wait < LongestWait ? wait : LongestWait;
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (who, _) in _failures.Where(f => now - f.Value.Last >= Memory).ToList())
            _failures.Remove(who);
        if (_failures.Count >= Most)
            _failures.Remove(_failures.MinBy(f => f.Value.Last).Key);
    }

    private sealed record Failures(int Count, DateTimeOffset Last);
}
