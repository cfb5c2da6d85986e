using SPaR.Abstractions;

namespace SPaR.Llama.Scheduling;

/// <summary>One sequence of the context: the tokens whose keys and values it holds. A sample grows it; when the sample has ended it may
/// stay, for what continues it or shares its beginning.</summary>
/// <param name="slot">Its number in the context.</param>
internal sealed class Trunk(int slot)
{
    public int Slot => slot;

    /// <summary>What it holds, and behind <see cref="Computed"/> what it is about to hold.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>How many of them have been evaluated.</summary>
    public int Computed { get; set; }

    /// <summary>Whether a sample grows it.</summary>
    public bool Runs { get; set; } = true;

    /// <summary>Callers that want it kept.</summary>
    public int Leases { get; set; }

    /// <summary>Its cells are others' by now.</summary>
    public bool Gone { get; set; }

    /// <summary>The step in which it was last run or forked.</summary>
    public long LastUsed { get; set; }
}

/// <summary>A caller's hold on the trunks of one request.</summary>
internal sealed class TrunkLease : IPrefixLease
{
    private readonly Trunk[] _bySample;
    private readonly Action<Trunk[]> _release;
    private Trunk[] _held;

    /// <param name="bySample">In the order of the seeds.</param>
    /// <param name="release">Takes those that are let go, from any thread.</param>
    public TrunkLease(Trunk[] bySample, Action<Trunk[]> release) =>
        (_bySample, _held, _release) = (bySample, bySample, release);

    public void Keep(int sample) => Hold(_bySample[sample]);

    public void Dispose() => Hold(null);

    private void Hold(Trunk? only)
    {
        var held = Interlocked.Exchange(ref _held, []);
        _held = [.. held.Where(t => t == only)];
        _release([.. held.Where(t => t != only)]);
    }
}
