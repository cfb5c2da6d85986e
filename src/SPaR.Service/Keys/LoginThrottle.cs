namespace SPaR.Service.Keys;

/// <summary>Makes repeated failures wait ever longer. Knows neither keys nor requests. Thread-safe.</summary>
/// <remarks>After five failures in a row the wait is a second; each further failure doubles it, up to five minutes. Attempts during a wait
/// are refused unchecked and do not extend it. Ten minutes without a failure clear the count. At most ten thousand clients are tracked:
/// then the one without a failure for longest is forgotten.</remarks>
internal sealed class LoginThrottle(TimeProvider time)
{
    public const int FirstThrottled = 5, MaxTracked = 10_000;

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

    /// <returns>The remaining wait; zero if an attempt is allowed.</returns>
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
            if (failures is null && _failures.Count >= MaxTracked)
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
        if (failures < FirstThrottled)
            return TimeSpan.Zero;
        var doublings = Math.Min(failures - FirstThrottled, 16);
        var wait = FirstWait * (1 << doublings);
        return wait < LongestWait ? wait : LongestWait;
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (who, _) in _failures.Where(f => now - f.Value.Last >= Memory).ToList())
            _failures.Remove(who);
        if (_failures.Count >= MaxTracked)
            _failures.Remove(_failures.MinBy(f => f.Value.Last).Key);
    }

    private sealed record Failures(int Count, DateTimeOffset Last);
}
