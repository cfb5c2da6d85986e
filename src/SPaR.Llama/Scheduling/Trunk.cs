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
internal sealed class TrunkLease(Trunk[] trunks, Action<Trunk[]> release) : IDisposable
{
    private Trunk[]? _trunks = trunks;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _trunks, null) is { } held)
            release(held);
    }
}
