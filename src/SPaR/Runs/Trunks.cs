using System.Collections.Concurrent;
using SPaR.Abstractions;

namespace SPaR.Runs;

/// <summary>What the engine keeps computed for one item: of each answer that may be mended, the judgement that the mending continues.
/// Forgotten, it is computed again. Thread-safe.</summary>
internal sealed class Trunks : IDisposable
{
    private readonly ConcurrentDictionary<string, ITrunk> held = [];

    /// <param name="subject">What was judged.</param>
    public void Hold(string subject, ITrunk trunk)
    {
        Release(subject);
        held[subject] = trunk;
    }

    public void Release(string subject)
    {
        if (held.TryRemove(subject, out var trunk))
            trunk.Dispose();
    }

    public void ReleaseAllBut(string subject)
    {
        foreach (var other in held.Keys.Where(s => s != subject))
            Release(other);
    }

    public void Dispose()
    {
        foreach (var subject in held.Keys)
            Release(subject);
    }
}
