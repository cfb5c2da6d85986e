namespace SPaR.Llama.Scheduling;

/// <summary>The running sequences in the order in which they started. Preempts one to free its cells.</summary>
internal sealed class RunningSequences(PrefixCache cache, RequestQueue queue, EngineCounters counters)
{
    private readonly List<Sequence> _sequences = [];
    private readonly Dictionary<string, int> _byRun = [];

    public int Count => _sequences.Count;

    public IReadOnlyList<Sequence> Sequences => _sequences;

    public int Of(string run) => _byRun.GetValueOrDefault(run);

    public void Add(Sequence sequence)
    {
        _sequences.Add(sequence);
        var run = sequence.Request.Priority.Run;
        _byRun[run] = Of(run) + 1;
    }

    public void Remove(Sequence sequence)
    {
        _sequences.Remove(sequence);
        var run = sequence.Request.Priority.Run;
        if (--_byRun[run] == 0)
            _byRun.Remove(run);
    }

    /// <summary>Preempts the sequence that started last, express ones after all others. The one that started first is never preempted, so
    /// that at least one sequence always finishes.</summary>
    /// <param name="forExpress">An express request needs the place: express sequences are spared, the first one is not.</param>
    /// <returns>False if none can be preempted.</returns>
    public bool PreemptYoungest(bool forExpress = false)
    {
        var youngest = _sequences.FindLastIndex(s => !s.Request.Priority.Express);
        if (youngest <= 0 && !forExpress)
            youngest = _sequences.Count - 1;
        if (youngest < (forExpress ? 0 : 1))
            return false;
        Preempt(_sequences[youngest]);
        return true;
    }

    /// <summary>Returns a sequence and its followers to the queue. They keep the tokens that they have generated.</summary>
    private void Preempt(Sequence sequence)
    {
        for (var i = _sequences.Count - 1; i >= 0; i--)
            if (_sequences[i].Lead == sequence)
                Preempt(_sequences[i]);
        cache.Remove(sequence.Prefix!);
        (sequence.Prefix, sequence.Lead) = (null, null);
        sequence.MoveTo(SequenceState.Waiting);
        Remove(sequence);
        queue.Return(sequence);
        counters.Preempt();
    }
}
