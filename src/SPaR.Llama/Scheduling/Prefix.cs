namespace SPaR.Llama.Scheduling;

/// <summary>Tokens whose keys and values one slot of the context holds. A running sequence extends it; when the sequence has ended, it may
/// stay cached for requests that start with the same tokens.</summary>
/// <param name="slot">Its sequence id in the context.</param>
internal sealed class Prefix(int slot)
{
    public int Slot => slot;

    /// <summary>The tokens that it holds, then, from <see cref="Computed"/> on, those that are still to be evaluated.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>How many tokens have been evaluated.</summary>
    public int Computed { get; set; }

    /// <summary>Whether a sequence extends it.</summary>
    public bool IsRunning { get; set; } = true;

    /// <summary>How many callers want it kept.</summary>
    public int Leases { get; set; }

    /// <summary>Whether its slot and cells have been freed.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>The last step that extended or forked it.</summary>
    public long LastUsed { get; set; }
}

/// <summary>Keeps the prefixes of one request for its caller.</summary>
internal sealed class PrefixLease : IPrefixLease
{
    private readonly Prefix[] _bySample;
    private readonly Action<Prefix[]> _release;
    private Prefix[] _leased;

    /// <param name="bySample">In the order of the seeds.</param>
    /// <param name="release">Receives released prefixes, from any thread.</param>
    public PrefixLease(Prefix[] bySample, Action<Prefix[]> release) =>
        (_bySample, _leased, _release) = (bySample, bySample, release);

    public void Keep(int sample) => KeepOnly(_bySample[sample]);

    public void Dispose() => KeepOnly(null);

    private void KeepOnly(Prefix? only)
    {
        var leased = Interlocked.Exchange(ref _leased, []);
        _leased = [.. leased.Where(p => p == only)];
        _release([.. leased.Where(p => p != only)]);
    }
}
