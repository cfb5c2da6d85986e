using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace SPaR.Method.Items;

/// <summary>The scope of one item in the engine's KV cache. While an answer is judged, the sequences of its votes are held; afterwards
/// only the vote that a refinement will continue. Whatever is released is computed again when needed. Thread-safe.</summary>
internal sealed class PrefixLeases : IDisposable
{
    private readonly ConcurrentDictionary<string, ImmutableArray<HeldVotes>> _held = [];

    /// <summary>Holds the votes of one request until <see cref="KeepOnly"/> or <see cref="Release"/>.</summary>
    /// <param name="firstVote">Index of the request's first vote among all votes on the subject.</param>
    public void Hold(string subject, int firstVote, GenerationResult result)
    {
        if (result.Prefix is { } lease)
            _held.AddOrUpdate(
                subject, _ => [new(lease, firstVote, result.Samples.Length)],
                (_, held) => held.Add(new(lease, firstVote, result.Samples.Length)));
    }

    /// <summary>Releases all votes on the subject but one.</summary>
    /// <param name="vote">Null, or the index of a vote that was never held, releases all of them.</param>
    public void KeepOnly(string subject, int? vote)
    {
        if (!_held.TryRemove(subject, out var held))
            return;
        foreach (var request in held)
        {
            if (vote is { } kept && request.Contains(kept))
            {
                request.Lease.Keep(kept - request.FirstVote);
                _held[subject] = [request];
            }
            else
            {
                request.Lease.Dispose();
            }
        }
    }

    public void Release(string subject) => KeepOnly(subject, null);

    public void ReleaseAllBut(string subject)
    {
        foreach (var other in _held.Keys.Where(s => s != subject))
            Release(other);
    }

    /// <summary>Releases everything; the scope may be used again.</summary>
    public void Dispose()
    {
        foreach (var subject in _held.Keys)
            Release(subject);
    }

    private readonly record struct HeldVotes(IPrefixLease Lease, int FirstVote, int Count)
    {
        public bool Contains(int vote) => vote >= FirstVote && vote < FirstVote + Count;
    }
}
