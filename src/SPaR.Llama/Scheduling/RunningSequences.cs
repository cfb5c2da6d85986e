namespace SPaR.Llama.Scheduling;

/// <summary>The sequences that are being computed, in the order in which they were started, and how one is stopped to make room.</summary>
internal sealed class RunningSequences(PrefixCache cache, WaitingLine line, EngineCounters counters)
{
    private readonly List<Sequence> _sequences = [];
    private readonly Dictionary<string, int> _byRun = [];

    public int Count => _sequences.Count;

    public IReadOnlyList<Sequence> Sequences => _sequences;

    public int Of(string run) => _byRun.GetValueOrDefault(run);

    public void Add(Sequence sequence)
    {
        _sequences.Add(sequence);
        var run = sequence.Request.Lane.Run;
        _byRun[run] = Of(run) + 1;
    }

    public void Remove(Sequence sequence)
    {
        _sequences.Remove(sequence);
        var run = sequence.Request.Lane.Run;
        if (--_byRun[run] == 0)
            _byRun.Remove(run);
    }

    /// <summary>Stops the sequence that was started last, express ones after all others. The one that was started first is never stopped,
    /// so that whatever happens, something ends.</summary>
    /// <param name="forExpress">Only ones that are not express.</param>
    /// <returns>False when there is none to stop.</returns>
    public bool StopYoungest(bool forExpress = false)
    {
        var youngest = _sequences.FindLastIndex(s => !s.Request.Lane.Express);
        if (youngest <= 0 && !forExpress)
            youngest = _sequences.Count - 1;
        if (youngest < (forExpress ? 0 : 1))
            return false;
        Stop(_sequences[youngest]);
        return true;
    }

    /// <summary>Takes a sequence out and lets it wait again, with what it has generated; those that follow it too.</summary>
    private void Stop(Sequence sequence)
    {
        for (var i = _sequences.Count - 1; i >= 0; i--)
            if (_sequences[i].Lead == sequence)
                Stop(_sequences[i]);
        cache.Remove(sequence.Trunk!);
        (sequence.Trunk, sequence.Lead) = (null, null);
        sequence.MoveTo(SequenceState.Waiting);
        Remove(sequence);
        line.Return(sequence);
        counters.Preempt();
    }
}
