using System.Runtime.InteropServices;
using SPaR.Llama.Decoding;

namespace SPaR.Llama.Scheduling;

/// <summary>The trunk that shares most with a prompt.</summary>
/// <param name="Computed">So many tokens can be taken from <paramref name="Trunk"/> at once.</param>
/// <param name="Planned">So many could be taken from a trunk that is being computed, once it is.</param>
internal readonly record struct PrefixMatch(Trunk? Trunk, int Computed, int Planned);

/// <summary>All trunks of one context: finds shared prefixes, hands out sequences and cells, and drops what is least needed. Keeps the
/// context and the count of its cells in step. Knows no requests.</summary>
/// <remarks>Prefixes are found by comparing with every trunk: there are at most 256, and comparing is faster than the upkeep of a tree of
/// them.</remarks>
internal sealed class PrefixCache(IDecoder decoder, int sequences, EngineCounters counters)
{
    private readonly List<Trunk> _trunks = [];
    private Stack<int> _slots = Numbers(sequences);
    private readonly KvCells _cells = new(decoder.Cells, sequences);
    private long _clock;

    public int FreeCells => _cells.Free;

    public int UsedCells => _cells.Used;

    /// <summary>Cells that something running or leased holds.</summary>
    public int KeptCells => _cells.Kept;

    /// <summary>Cells that are free or held by nothing that runs or is leased.</summary>
    public int SpareCells => _cells.Count - _cells.Kept;

    /// <summary>Trunks that a sample grows.</summary>
    public int Running => _trunks.Count(t => t.Runs);

    public void Tick() => _clock++;

    /// <param name="tokens">At least the last of them is left to compute, as what follows is drawn from its logits.</param>
    public PrefixMatch Find(ReadOnlySpan<int> tokens)
    {
        var (best, planned) = (default(PrefixMatch), 0);
        tokens = tokens[..^1];
        foreach (var trunk in _trunks)
        {
            var common = CollectionsMarshal.AsSpan(trunk.Tokens).CommonPrefixLength(tokens);
            if (Math.Min(common, trunk.Computed) > best.Computed)
                best = new(trunk, Math.Min(common, trunk.Computed), 0);
            planned = Math.Max(planned, common);
        }
        return best with { Planned = planned };
    }

    /// <summary>Takes a sequence that is not in use, if need be from a trunk that nobody needs.</summary>
    /// <param name="spared">Is not taken from.</param>
    /// <param name="leased">Takes it from leased ones too where there is no other.</param>
    /// <returns>Null when all are needed.</returns>
    public Trunk? Open(Trunk? spared, bool leased)
    {
        while (_slots.Count == 0)
            if (!Evict(leased: false, spared) && !(leased && Evict(leased: true, spared)))
                return null;
        var trunk = new Trunk(_slots.Pop()) { LastUsed = _clock };
        _cells.Keep(trunk.Slot, true);
        _trunks.Add(trunk);
        return trunk;
    }

    /// <summary>Lets an empty trunk share the beginning of another.</summary>
    public void Fork(Trunk source, Trunk destination, int length)
    {
        source.LastUsed = destination.LastUsed = _clock;
        decoder.Fork(source.Slot, destination.Slot, length);
        _cells.Fork(source.Slot, destination.Slot, length);
        destination.Computed = length;
    }

    /// <summary>Takes cells for tokens that go into the batch.</summary>
    public void Append(Trunk trunk, int tokens)
    {
        trunk.LastUsed = _clock;
        _cells.Append(trunk.Slot, tokens);
    }

    /// <summary>What was in the batch has been evaluated.</summary>
    public void Confirm(Trunk trunk) => trunk.Computed = _cells.Length(trunk.Slot);

    /// <summary>What was in the batch has not been evaluated, or nobody knows how much of it.</summary>
    public void Rewind(Trunk trunk) => Cut(trunk, trunk.Computed);

    /// <summary>The sample that grew it has ended: keeps the first tokens, for as long as nothing else needs the room.</summary>
    public void Settle(Trunk trunk, int length)
    {
        trunk.Runs = false;
        if (length < trunk.Computed)
            Cut(trunk, length);
        trunk.Computed = _cells.Length(trunk.Slot);
        trunk.Tokens.RemoveRange(trunk.Computed, trunk.Tokens.Count - trunk.Computed);
        _cells.Keep(trunk.Slot, trunk.Leases > 0);
    }

    /// <summary>Whether another holds all that this one holds.</summary>
    public bool HasOther(Trunk trunk)
    {
        var tokens = CollectionsMarshal.AsSpan(trunk.Tokens);
        foreach (var other in _trunks)
            if (other != trunk && other.Computed >= tokens.Length && CollectionsMarshal.AsSpan(other.Tokens).StartsWith(tokens))
                return true;
        return false;
    }

    /// <summary>One lease less.</summary>
    public void Release(Trunk trunk)
    {
        trunk.Leases--;
        if (!trunk.Gone)
            _cells.Keep(trunk.Slot, trunk.Runs || trunk.Leases > 0);
    }

    public void Remove(Trunk trunk)
    {
        decoder.Truncate(trunk.Slot, 0);
        _cells.Truncate(trunk.Slot, 0);
        _cells.Keep(trunk.Slot, false);
        _slots.Push(trunk.Slot);
        _trunks.Remove(trunk);
        trunk.Gone = true;
    }

    /// <summary>Drops the trunk that was used longest ago, and of those the one with the lowest cells.</summary>
    /// <param name="leased">Of those that callers want kept, or of the others.</param>
    /// <returns>False when there is none.</returns>
    public bool Evict(bool leased, Trunk? spared = null)
    {
        Trunk? oldest = null;
        foreach (var trunk in _trunks)
        {
            if (trunk.Runs || trunk.Leases > 0 != leased || trunk == spared)
                continue;
            if (oldest is null || (trunk.LastUsed, _cells.Lowest(trunk.Slot)).CompareTo((oldest.LastUsed, _cells.Lowest(oldest.Slot))) < 0)
                oldest = trunk;
        }
        if (oldest is null)
            return false;
        Remove(oldest);
        counters.Evict();
        return true;
    }

    /// <summary>Drops everything that does not run, so that the next evaluation finds the context as it was made.</summary>
    public void Clear()
    {
        while (Evict(leased: false) || Evict(leased: true))
            continue;
        if (_trunks.Count > 0)
            return;
        decoder.Clear();
        _slots = Numbers(sequences);
    }

    /// <summary>Holds cells, sequences and the context against each other.</summary>
    /// <exception cref="InvalidOperationException">They differ.</exception>
    public void Verify()
    {
        _cells.Verify();
        if (_trunks.Select(t => t.Slot).Concat(_slots).Distinct().Count() != sequences || _trunks.Count + _slots.Count != sequences)
            throw new InvalidOperationException("A sequence is lost, or is used twice.");
        foreach (var trunk in _trunks)
            if (_cells.Length(trunk.Slot) != trunk.Computed || decoder.Length(trunk.Slot) != trunk.Computed
                || trunk.Computed > trunk.Tokens.Count || trunk.Gone)
                throw new InvalidOperationException(
                    $"Sequence {trunk.Slot} holds {decoder.Length(trunk.Slot)} tokens, has {_cells.Length(trunk.Slot)} cells and should have "
                    + $"{trunk.Computed}.");
        foreach (var slot in _slots)
            if (_cells.Length(slot) != 0 || decoder.Length(slot) != 0)
                throw new InvalidOperationException($"Sequence {slot} has no owner and holds {decoder.Length(slot)} tokens.");
    }

    /// <summary>The lowest is taken first.</summary>
    private static Stack<int> Numbers(int sequences) => new(Enumerable.Range(0, sequences).Reverse());

    private void Cut(Trunk trunk, int length)
    {
        decoder.Truncate(trunk.Slot, length);
        _cells.Truncate(trunk.Slot, length);
    }
}
