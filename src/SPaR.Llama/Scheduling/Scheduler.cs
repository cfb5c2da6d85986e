using System.Diagnostics;
using SPaR.Llama.Decoding;
using SPaR.Llama.Sampling;

namespace SPaR.Llama.Scheduling;

/// <summary>Batches the sequences of all requests to one context. A step takes in what has arrived, starts what may run
/// (<see cref="Admission"/>), fills a batch (<see cref="BatchFiller"/>), evaluates it, and draws a token for every sequence that has come
/// so far. What was computed stays in a <see cref="PrefixCache"/> for what shares its beginning. Knows token ids only: no text, no
/// templates.</summary>
internal sealed class Scheduler
{
    private readonly Lock _gate = new();
    private readonly IDecoder _decoder;
    private readonly SchedulerOptions _options;
    private readonly EngineCounters _counters;
    private readonly Action _wake;
    private readonly PrefixCache _cache;
    private readonly WaitingLine _line = new();
    private readonly RunningSequences _running;
    private readonly Admission _admission;
    private readonly BatchFiller _filler;
    private readonly Drawing _drawing;
    private readonly List<Request> _inbox = [];
    private readonly List<Trunk> _released = [];
    private readonly HashSet<Request> _inBatch = [];
    private int _uncancelledInBatch;
    private bool _cancelled;
    private Exception? _closed;

    /// <param name="wake">Tells the decode thread that there is work.</param>
    public Scheduler(IDecoder decoder, SchedulerOptions options, Sampler sampler, EngineCounters counters, Action wake)
    {
        (_decoder, _options, _counters, _wake) = (decoder, options, counters, wake);
        var lengths = new ExpectedLengths();
        _cache = new(decoder, SchedulerOptions.Slots(options.Sequences), counters);
        _running = new(_cache, _line, counters);
        _admission = new(options, _cache, _running, _line, lengths, counters);
        _filler = new(decoder, _cache, _running);
        _drawing = new(decoder, options, sampler, _cache, _running, lengths, counters, Release);
    }

    /// <summary>Takes a request in, from any thread.</summary>
    public void Enqueue(Request request)
    {
        lock (_gate)
        {
            if (_closed is not null)
                throw _closed;
            _inbox.Add(request);
        }
        _wake();
    }

    /// <summary>A request was cancelled, from any thread. An evaluation that only cancelled requests wait for is stopped.</summary>
    public void Cancel(Request request)
    {
        lock (_gate)
        {
            if (_closed is not null)
                return;
            _cancelled = true;
            if (request.InBatch && --_uncancelledInBatch == 0)
                _decoder.Abort(true);
        }
        _wake();
    }

    /// <summary>Stops a running evaluation and takes no more requests, from any thread; the decode thread then calls
    /// <see cref="Close"/>.</summary>
    public void Stop(Exception reason)
    {
        lock (_gate)
        {
            if (_closed is not null)
                return;
            _closed = reason;
            _decoder.Abort(true);
        }
    }

    /// <summary>Fails every request and frees the context.</summary>
    public void Close()
    {
        FailAll(_closed ?? throw new InvalidOperationException("A scheduler is stopped before it is closed."));
        _decoder.Dispose();
    }

    public void FailAll(Exception exception)
    {
        TakeIn();
        foreach (var request in Live())
            Drop(request, r => r.Fail(exception));
    }

    /// <summary>Schedule, evaluate, draw.</summary>
    /// <param name="rested">Whether those whose samples have ended have had time to continue them.</param>
    public StepOutcome Step(bool rested)
    {
        TakeIn();
        _cache.Tick();
        _admission.Run(rested);
        if (_running.Count == 0)
            return _line.Count > 0 ? StepOutcome.Resting : StepOutcome.Idle;
        var generating = _filler.Generating();
        // What was measured must not reach what is to be exact.
        var shape = _admission.Alone ? BatchShape.Together : _options.Shape;
        foreach (var part in shape.Parts(generating.Length))
        {
            _filler.Fill(generating.AsSpan(part));
            EvaluateAndDraw();
        }
        // Prompts have a batch of their own: attention goes by tiles of neighbours there, and tokens of others would fill them with cells.
        _filler.FillPrompts(alone: generating.Length == 0);
        EvaluateAndDraw();
        while (_cache.UsedCells > _options.ResidentCells && _cache.Evict(leased: false))
            continue;
        VerifyInDebug();
        return StepOutcome.Worked;
    }

    /// <summary>Holds what the scheduler believes against the context.</summary>
    /// <exception cref="InvalidOperationException">They differ, or a sequence has no owner.</exception>
    public void Verify()
    {
        _cache.Verify();
        if (_running.Sequences.Any(s => s.Trunk is not { Gone: false, Runs: true }) || _running.Count > _options.Sequences)
            throw new InvalidOperationException("A running sequence has lost its place.");
        if (_cache.Running != _running.Count)
            throw new InvalidOperationException($"{_cache.Running} trunks run, and {_running.Count} sequences.");
    }

    [Conditional("DEBUG")]
    private void VerifyInDebug() => Verify();

    private void EvaluateAndDraw()
    {
        if (_filler.InBatch.Count == 0)
            return;
        try
        {
            if (!Evaluate())
                Rewind();
            else
                foreach (var (request, damage) in _drawing.Run(_filler.InBatch))
                    Drop(request, r => r.Fail(damage));
        }
        catch (DecodeException e)
        {
            Rewind();
            foreach (var request in _inBatch)
                Drop(request, r => r.Fail(e));
        }
    }

    private Request[] Live() => _line.Requests.Concat(_running.Sequences.Select(s => s.Request)).Distinct().ToArray();

    private void TakeIn()
    {
        bool cancelled;
        lock (_gate)
        {
            foreach (var request in _inbox)
                _line.Add(request);
            _inbox.Clear();
            foreach (var trunk in _released)
                _cache.Release(trunk);
            _released.Clear();
            (cancelled, _cancelled) = (_cancelled, false);
        }
        if (!cancelled)
            return;
        foreach (var request in Live().Where(r => r.Cancelled))
            Drop(request, r => r.Cancel());
    }

    /// <returns>False if nobody waits for the result any more.</returns>
    private bool Evaluate()
    {
        lock (_gate)
        {
            _inBatch.Clear();
            _uncancelledInBatch = 0;
            foreach (var sequence in _filler.InBatch)
                if (_inBatch.Add(sequence.Request) && (sequence.Request.InBatch = !sequence.Request.Cancelled))
                    _uncancelledInBatch++;
            if (_uncancelledInBatch == 0 || _closed is not null)
                return false;
            _decoder.Abort(false);
        }
        _counters.Step(_decoder.Batch.Count, _cache.UsedCells);
        var done = _decoder.Decode();
        lock (_gate)
            foreach (var request in _inBatch)
                request.InBatch = false;
        return done;
    }

    private void Rewind()
    {
        foreach (var sequence in _filler.InBatch)
        {
            sequence.Output = -1;
            _cache.Rewind(sequence.Trunk!);
            if (sequence.State == SequenceState.Generating)
                sequence.Trunk!.Tokens.RemoveAt(sequence.Trunk.Tokens.Count - 1);
        }
    }

    /// <summary>From any thread.</summary>
    private void Release(Trunk[] trunks)
    {
        lock (_gate)
            _released.AddRange(trunks.Where(t => t.Leases > 0));
    }

    /// <summary>Takes a request out wherever it stands; its memory is free before its caller hears of it.</summary>
    private void Drop(Request request, Action<Request> tell)
    {
        _line.Remove(request);
        foreach (var sequence in request.Sequences)
        {
            if (sequence.State is SequenceState.Following or SequenceState.Prefilling or SequenceState.Generating)
                _running.Remove(sequence);
            if (sequence.Trunk is { Gone: false } trunk)
                _cache.Remove(trunk);
        }
        tell(request);
    }
}
