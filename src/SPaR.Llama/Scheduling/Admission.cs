using SPaR.Abstractions;

namespace SPaR.Llama.Scheduling;

/// <summary>Starts sequences that wait: as many as may run, as far as the cells that they are expected to need are there. Expecting too
/// little costs a sequence that is stopped and computed again, expecting the worst would leave most cells empty.</summary>
internal sealed class Admission(
    SchedulerOptions options, PrefixCache cache, RunningSequences running, WaitingLine line, ExpectedLengths lengths, EngineCounters counters)
{
    private readonly HashSet<Request> _passed = [];

    /// <summary>The request that has the context to itself; null where none has.</summary>
    public Request? Alone { get; private set; }

    public void Run()
    {
        if (Alone is not null)
        {
            if (running.Count > 0)
                return;
            // Its next group begins as the first did; with the last one everybody is let in again.
            cache.Clear();
            if (line.Requests.Contains(Alone))
            {
                Start(Alone);
                return;
            }
            Alone = null;
        }

        _passed.Clear();
        while (line.Next(running.Of, _passed) is { } request)
        {
            if (request.Lane.Express && running.Count == options.Sequences && !running.StopYoungest(forExpress: true))
                return;
            if (running.Count == options.Sequences || (request.Deterministic && running.Count > 0))
                return;
            if (request.Deterministic)
            {
                cache.Clear();
                Alone = request;
                Start(request);
                return;
            }

            var found = cache.Find(request.Waiting[0].Target());
            // More of it is being computed for another: the wait is shorter than the work.
            if (found.Planned > found.Computed)
                _passed.Add(request);
            else if (IsNewAndMustWait(request, found))
                _passed.Add(request);
            else if (!TryStart(request, found))
                return;
        }
    }

    /// <summary>What goes on from what is there is started, so that it comes to an end; what begins something new waits while much is in
    /// use, as every token pays for every cell.</summary>
    private bool IsNewAndMustWait(Request request, PrefixMatch found) =>
        running.Count > 0 && !request.Lane.Express && 2 * found.Computed < request.Prompt.Length
        && cache.KeptCells + running.Sequences.Sum(ExpectedCells) > options.ResidentCells;

    /// <returns>False when it must wait for cells.</returns>
    private bool TryStart(Request request, PrefixMatch found)
    {
        var prompt = request.Waiting[0].Target().Length - found.Computed;
        var each = ExpectedLeft(request.Waiting[0]);
        var count = Math.Min(Alike(request), options.Sequences - running.Count);
        if (running.Count > 0)
        {
            var cells = cache.SpareCells - running.Sequences.Sum(ExpectedCells) - prompt;
            count = Math.Min(count, cells / each);
        }

        return count > 0 && Start(request, found, count);
    }

    /// <summary>Starts a group that has the context to itself, of a size that depends on nothing else.</summary>
    private void Start(Request request)
    {
        var fit = (cache.SpareCells - request.Prompt.Length) / request.Sampling.MaxTokens;
        Start(request, default, Math.Min(request.Waiting.Count, Math.Min(options.Sequences, fit)));
    }

    private bool Start(Request request, PrefixMatch found, int count)
    {
        var lead = request.Waiting[0];
        if (cache.Open(found.Trunk, leased: running.Count == 0) is not { } trunk)
            return false;
        trunk.Tokens.AddRange(lead.Target());
        if (found.Trunk is not null)
            cache.Fork(found.Trunk, trunk, found.Computed);
        counters.Fork(found.Computed);
        request.Usage += new TokenUsage(0, found.Computed, 0);
        lead.Trunk = trunk;
        lead.MoveTo(SequenceState.Prefilling);
        running.Add(lead);
        var started = 1;
        for (; started < count && cache.Open(trunk, leased: false) is { } follower; started++)
        {
            var sequence = request.Waiting[started];
            (sequence.Trunk, sequence.Lead) = (follower, lead);
            sequence.MoveTo(SequenceState.Following);
            running.Add(sequence);
        }

        line.Started(request, started);
        return true;
    }

    /// <summary>How many of the sequences that wait first continue from the same tokens.</summary>
    private static int Alike(Request request)
    {
        if (request.Waiting[0].Tokens.Count > 0)
            return 1;
        var other = request.Waiting.FindIndex(s => s.Tokens.Count > 0);
        return other < 0 ? request.Waiting.Count : other;
    }

    private int ExpectedCells(Sequence sequence) =>
        ExpectedLeft(sequence) + (sequence.State == SequenceState.Prefilling ? sequence.Trunk!.Tokens.Count - sequence.Trunk.Computed : 0);

    /// <summary>One that has become longer than expected is taken to be near its end.</summary>
    private int ExpectedLeft(Sequence sequence)
    {
        var request = sequence.Request;
        return Math.Max(1, lengths.Of(request.Kind, request.Sampling.MaxTokens) - sequence.Tokens.Count);
    }
}
