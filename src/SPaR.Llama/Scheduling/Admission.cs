using SPaR.Abstractions;

namespace SPaR.Llama.Scheduling;

/// <summary>Starts sequences that wait: as many as may run, as far as the cells that they are expected to need are there. Expecting too
/// little costs a sequence that is stopped and computed again, expecting the worst would leave most cells empty.</summary>
internal sealed class Admission(
    SchedulerOptions options, PrefixCache cache, RunningSequences running, WaitingLine line, ExpectedLengths lengths, EngineCounters counters)
{
    private readonly HashSet<Request> _passed = [];

    private Request? _alone;

    /// <summary>Whether a request has the context to itself.</summary>
    public bool Alone => _alone is not null;

    /// <param name="rested">Whether those whose samples have ended have had time to continue them.</param>
    public void Run(bool rested)
    {
        if (_alone is not null && !LetOthersIn(_alone))
            return;
        _passed.Clear();
        while (line.Next(running.Of, _passed) is { } request)
        {
            if (request.Deterministic)
            {
                if (running.Count == 0)
                    Start(_alone = request);
                return;
            }

            if (running.Count == options.Sequences && !request.Lane.Express)
                return;
            var found = cache.Find(request.Waiting[0].Target());
            // More of it is being computed for another: the wait is shorter than the work.
            if (found.Planned > found.Computed || IsNewAndMustWait(request, found, rested))
                _passed.Add(request);
            else if (running.Count == options.Sequences && !running.StopYoungest(forExpress: true))
                return;
            else if (!TryStart(request, found.Trunk is { Gone: true } ? cache.Find(request.Waiting[0].Target()) : found))
                return;
        }
    }

    /// <summary>The group that had the context to itself has ended or not; its request's next group begins as the first did.</summary>
    /// <returns>True when it was the last one.</returns>
    private bool LetOthersIn(Request alone)
    {
        if (running.Count > 0)
            return false;
        if (line.Requests.Contains(alone))
        {
            Start(alone);
            return false;
        }

        _alone = null;
        cache.Clear();
        return true;
    }

    /// <summary>What goes on from what is there is started, so that it comes to an end; what begins something new waits while much is in
    /// use, as every token pays for every cell, and while what callers hold may yet be continued.</summary>
    private bool IsNewAndMustWait(Request request, PrefixMatch found, bool rested)
    {
        if (request.Lane.Express || 2 * found.Computed >= request.Prompt.Length)
            return false;
        return running.Count == 0
            ? !rested && cache.KeptCells > 0
            : cache.KeptCells + running.Sequences.Sum(ExpectedCells) > options.ResidentCells;
    }

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
        cache.Clear();
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
