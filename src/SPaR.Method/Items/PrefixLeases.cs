using System.Collections.Concurrent;
using SPaR.Abstractions;

namespace SPaR.Method.Items;

/// <summary>What the engine keeps computed for one item: of each answer that may be mended, the judgement that the mending continues.
/// Forgotten, it is computed again. Thread-safe.</summary>
internal sealed class PrefixLeases : IDisposable
{
    private readonly ConcurrentDictionary<string, IPrefixLease> _held = [];

    /// <param name="subject">What was judged.</param>
    public void Keep(string subject, IPrefixLease prefix)
    {
        Release(subject);
        _held[subject] = prefix;
    }

    public void Release(string subject)
    {
        if (_held.TryRemove(subject, out var prefix))
            prefix.Dispose();
    }

    public void ReleaseAllBut(string subject)
    {
        foreach (var other in _held.Keys.Where(s => s != subject))
            Release(other);
    }

    public void Dispose()
    {
        foreach (var subject in _held.Keys)
            Release(subject);
    }
}
