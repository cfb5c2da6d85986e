namespace SPaR.Llama.Scheduling;

/// <summary>Starts waiting sequences: as many as may run and as are expected to fit the free cells. Expecting too little preempts a
/// sequence, which is then computed again; expecting the worst would leave most cells empty.</summary>
internal sealed class Admission(
    SchedulerOptions options, PrefixCache cache, RunningSequences running, RequestQueue queue, ExpectedLengths lengths,
    EngineCounters counters)
{
    private readonly HashSet<Request> _skipped = [];

    private Request? _alone;

    /// <summary>Whether a request has the context to itself.</summary>
    public bool Alone => _alone is not null;

    /// <param name="admitNew">False while callers whose samples have just ended may still continue them.</param>
    public void Admit(bool admitNew)
    {
        if (_alone is not null && !LetOthersIn(_alone))
            return;
        _skipped.Clear();
        while (queue.Next(running.Of, _skipped) is { } request)
        {
            if (request.Deterministic)
            {
                if (running.Count == 0)
                    Start(_alone = request);
                return;
            }

            if (running.Count == options.Sequences && !request.Priority.Express)
                return;
            var found = cache.Find(request.Waiting[0].Target());
            // Another sequence is computing a longer prefix of it: waiting is cheaper than computing.
            if (found.Planned > found.Computed || IsNewAndMustWait(request, found, admitNew))
                _skipped.Add(request);
            else if (running.Count == options.Sequences && !running.PreemptYoungest(forExpress: true))
                return;
            else if (!TryStart(request, found.Source is { IsRemoved: true } ? cache.Find(request.Waiting[0].Target()) : found))
                return;
        }
    }

    /// <summary>Starts the next group of the request that has the context to itself, once the group before has ended.</summary>
    /// <returns>True after the last group.</returns>
    private bool LetOthersIn(Request alone)
    {
        if (running.Count > 0)
            return false;
        if (queue.Requests.Contains(alone))
        {
            Start(alone);
            return false;
        }

        _alone = null;
        cache.Clear();
        return true;
    }

    /// <summary>A request that continues a cached prefix starts at once, so that its tree ends. A new one waits while many cells are in
    /// use, as every token pays for every cell, and while leased prefixes may still be continued.</summary>
    private bool IsNewAndMustWait(Request request, PrefixMatch found, bool admitNew)
    {
        if (request.Priority.Express || 2 * found.Computed >= request.Prompt.Length)
            return false;
        return running.Count == 0
            ? !admitNew && cache.PinnedCells > 0
            : cache.PinnedCells + running.Sequences.Sum(ExpectedCells) > options.ResidentCells;
    }

    /// <returns>False when it must wait for cells.</returns>
    private bool TryStart(Request request, PrefixMatch found)
    {
        var prompt = request.Waiting[0].Target().Length - found.Computed;
        var each = ExpectedLeft(request.Waiting[0]);
        var count = Math.Min(CountWithSameTokens(request), options.Sequences - running.Count);
        if (running.Count > 0)
        {
            var cells = cache.UnpinnedCells - running.Sequences.Sum(ExpectedCells) - prompt;
            count = Math.Min(count, cells / each);
        }

        return count > 0 && Start(request, found, count);
    }

    /// <summary>Starts a group that has the context to itself. Its size depends on nothing else.</summary>
    private void Start(Request request)
    {
        cache.Clear();
        var fit = (cache.UnpinnedCells - request.Prompt.Length) / request.Sampling.MaxTokens;
        Start(request, default, Math.Min(request.Waiting.Count, Math.Min(options.Sequences, fit)));
    }

    private bool Start(Request request, PrefixMatch found, int count)
    {
        var lead = request.Waiting[0];
        if (cache.Open(found.Source, leased: running.Count == 0) is not { } prefix)
            return false;
        prefix.Tokens.AddRange(lead.Target());
        if (found.Source is not null)
            cache.Fork(found.Source, prefix, found.Computed);
        counters.Fork(found.Computed);
        request.Usage += new TokenUsage(0, found.Computed, 0);
        lead.Prefix = prefix;
        lead.MoveTo(SequenceState.Prefilling);
        running.Add(lead);
        var started = 1;
        for (; started < count && cache.Open(prefix, leased: false) is { } follower; started++)
        {
            var sequence = request.Waiting[started];
            (sequence.Prefix, sequence.Lead) = (follower, lead);
            sequence.MoveTo(SequenceState.Following);
            running.Add(sequence);
        }

        queue.Started(request, started);
        return true;
    }

    /// <summary>How many sequences at the head of the waiting list start from the same tokens.</summary>
    private static int CountWithSameTokens(Request request)
    {
        if (request.Waiting[0].Tokens.Count > 0)
            return 1;
        var other = request.Waiting.FindIndex(s => s.Tokens.Count > 0);
        return other < 0 ? request.Waiting.Count : other;
    }

    private int ExpectedCells(Sequence sequence) => ExpectedLeft(sequence)
        + (sequence.State == SequenceState.Prefilling ? sequence.Prefix!.Tokens.Count - sequence.Prefix.Computed : 0);

    /// <summary>A sequence that is longer than expected counts as nearly finished.</summary>
    private int ExpectedLeft(Sequence sequence)
    {
        var request = sequence.Request;
        return Math.Max(1, lengths.Of(request.Kind, request.Sampling.MaxTokens) - sequence.Tokens.Count);
    }
}
