using System.Runtime.InteropServices;
using SPaR.Llama.Decoding;

namespace SPaR.Llama.Scheduling;

/// <summary>The longest cached prefix of a prompt.</summary>
/// <param name="Computed">Tokens that can be forked from <paramref name="Source"/> now.</param>
/// <param name="Planned">Tokens that could be forked from a prefix once it is computed.</param>
internal readonly record struct PrefixMatch(Prefix? Source, int Computed, int Planned);

/// <summary>All prefixes of one context: finds shared ones, assigns slots and cells, and evicts the least recently used. Keeps the context
/// and the count of its cells consistent. Knows no requests.</summary>
/// <remarks>A search compares the prompt with every prefix: there are at most 256, and that is faster than maintaining a radix
/// tree.</remarks>
internal sealed class PrefixCache(IDecoder decoder, int sequences, EngineCounters counters)
{
    private readonly List<Prefix> _prefixes = [];
    private Stack<int> _slots = Numbers(sequences);
    private readonly KvCells _cells = new(decoder.Cells, sequences);
    private long _clock;

    public int FreeCells => _cells.Free;

    public int UsedCells => _cells.Used;

    /// <summary>Cells of running or leased prefixes.</summary>
    public int PinnedCells => _cells.Pinned;

    /// <summary>Cells that are free, or that eviction can free.</summary>
    public int UnpinnedCells => _cells.Count - _cells.Pinned;

    /// <summary>Prefixes that running sequences extend.</summary>
    public int RunningCount => _prefixes.Count(p => p.IsRunning);

    public void Tick() => _clock++;

    /// <param name="tokens">The last of them is never matched: the next token is drawn from its logits.</param>
    public PrefixMatch Find(ReadOnlySpan<int> tokens)
    {
        var (best, planned) = (default(PrefixMatch), 0);
        tokens = tokens[..^1];
        foreach (var prefix in _prefixes)
        {
            var common = CollectionsMarshal.AsSpan(prefix.Tokens).CommonPrefixLength(tokens);
            if (Math.Min(common, prefix.Computed) > best.Computed)
                best = new(prefix, Math.Min(common, prefix.Computed), 0);
            planned = Math.Max(planned, common);
        }
        return best with { Planned = planned };
    }

    /// <summary>Adds an empty prefix in a free slot; evicts another prefix if there is none.</summary>
    /// <param name="except">Is not evicted.</param>
    /// <param name="leased">Evicts a leased prefix if there is no other.</param>
    /// <returns>Null if no slot can be freed.</returns>
    public Prefix? Open(Prefix? except, bool leased)
    {
        while (_slots.Count == 0)
            if (!Evict(leased: false, except) && !(leased && Evict(leased: true, except)))
                return null;
        var prefix = new Prefix(_slots.Pop()) { LastUsed = _clock };
        _cells.Pin(prefix.Slot, true);
        _prefixes.Add(prefix);
        return prefix;
    }

    /// <summary>Lets an empty prefix share the first tokens of another.</summary>
    public void Fork(Prefix source, Prefix destination, int length)
    {
        source.LastUsed = destination.LastUsed = _clock;
        decoder.Fork(source.Slot, destination.Slot, length);
        _cells.Fork(source.Slot, destination.Slot, length);
        destination.Computed = length;
    }

    /// <summary>Takes cells for tokens that are added to the batch.</summary>
    public void Append(Prefix prefix, int tokens)
    {
        prefix.LastUsed = _clock;
        _cells.Append(prefix.Slot, tokens);
    }

    /// <summary>The batch was evaluated.</summary>
    public void Confirm(Prefix prefix) => prefix.Computed = _cells.Length(prefix.Slot);

    /// <summary>The batch was not evaluated, or an unknown part of it.</summary>
    public void Rewind(Prefix prefix) => Cut(prefix, prefix.Computed);

    /// <summary>The sequence that extended it has ended: keeps the first tokens until the cells are needed.</summary>
    public void Complete(Prefix prefix, int length)
    {
        prefix.IsRunning = false;
        if (length < prefix.Computed)
            Cut(prefix, length);
        prefix.Computed = _cells.Length(prefix.Slot);
        prefix.Tokens.RemoveRange(prefix.Computed, prefix.Tokens.Count - prefix.Computed);
        _cells.Pin(prefix.Slot, prefix.Leases > 0);
    }

    /// <summary>Whether another prefix holds all tokens of this one.</summary>
    public bool IsCovered(Prefix prefix)
    {
        var tokens = CollectionsMarshal.AsSpan(prefix.Tokens);
        foreach (var other in _prefixes)
            if (other != prefix && other.Computed >= tokens.Length && CollectionsMarshal.AsSpan(other.Tokens).StartsWith(tokens))
                return true;
        return false;
    }

    /// <summary>Ends one lease.</summary>
    public void Release(Prefix prefix)
    {
        prefix.Leases--;
        if (!prefix.IsRemoved)
            _cells.Pin(prefix.Slot, prefix.IsRunning || prefix.Leases > 0);
    }

    public void Remove(Prefix prefix)
    {
        decoder.Truncate(prefix.Slot, 0);
        _cells.Truncate(prefix.Slot, 0);
        _cells.Pin(prefix.Slot, false);
        _slots.Push(prefix.Slot);
        _prefixes.Remove(prefix);
        prefix.IsRemoved = true;
    }

    /// <summary>Evicts the least recently used prefix; of equals, the one with the lowest cell.</summary>
    /// <param name="leased">Whether to choose among the leased prefixes, or among the others.</param>
    /// <returns>False if there is none.</returns>
    public bool Evict(bool leased, Prefix? except = null)
    {
        Prefix? oldest = null;
        foreach (var prefix in _prefixes)
        {
            if (prefix.IsRunning || prefix.Leases > 0 != leased || prefix == except)
                continue;
            if (oldest is null || Age(prefix).CompareTo(Age(oldest)) < 0)
                oldest = prefix;
        }
        if (oldest is null)
            return false;
        Remove(oldest);
        counters.Evict();
        return true;
    }

    /// <summary>Evicts everything that does not run, so that the context is as it was created.</summary>
    public void Clear()
    {
        while (Evict(leased: false) || Evict(leased: true))
            continue;
        if (_prefixes.Count > 0)
            return;
        decoder.Clear();
        _slots = Numbers(sequences);
    }

    /// <summary>Checks that cells, slots and the context agree.</summary>
    /// <exception cref="InvalidOperationException">They do not.</exception>
    public void Verify()
    {
        _cells.Verify();
        if (_prefixes.Select(p => p.Slot).Concat(_slots).Distinct().Count() != sequences || _prefixes.Count + _slots.Count != sequences)
            throw new InvalidOperationException("A slot is lost, or is used twice.");
        foreach (var prefix in _prefixes)
            if (_cells.Length(prefix.Slot) != prefix.Computed || decoder.Length(prefix.Slot) != prefix.Computed
                || prefix.Computed > prefix.Tokens.Count || prefix.IsRemoved)
                throw new InvalidOperationException(
                    $"Slot {prefix.Slot} holds {decoder.Length(prefix.Slot)} tokens and {_cells.Length(prefix.Slot)} cells; "
                    + $"expected {prefix.Computed}.");
        foreach (var slot in _slots)
            if (_cells.Length(slot) != 0 || decoder.Length(slot) != 0)
                throw new InvalidOperationException($"Slot {slot} is free but holds {decoder.Length(slot)} tokens.");
    }

    /// <summary>The lowest slot is taken first.</summary>
    private static Stack<int> Numbers(int sequences) => new(Enumerable.Range(0, sequences).Reverse());

    private (long, int) Age(Prefix prefix) => (prefix.LastUsed, _cells.Lowest(prefix.Slot));

    private void Cut(Prefix prefix, int length)
    {
        decoder.Truncate(prefix.Slot, length);
        _cells.Truncate(prefix.Slot, length);
    }
}
