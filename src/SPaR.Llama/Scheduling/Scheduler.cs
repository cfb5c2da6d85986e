using System.Diagnostics;
using SPaR.Llama.Decoding;
using SPaR.Llama.Sampling;

namespace SPaR.Llama.Scheduling;

/// <summary>Batches the sequences of all requests to one context. A step takes in new requests, starts sequences
/// (<see cref="Admission"/>), fills a batch (<see cref="BatchFiller"/>), evaluates it and gives each sequence its next token
/// (<see cref="SamplingStep"/>). Computed tokens stay in a <see cref="PrefixCache"/> for requests with the same prefix. Knows token ids
/// only: no text, no templates.</summary>
internal sealed class Scheduler
{
    private readonly Lock _gate = new();
    private readonly IDecoder _decoder;
    private readonly SchedulerOptions _options;
    private readonly EngineCounters _counters;
    private readonly Action _wake;
    private readonly PrefixCache _cache;
    private readonly RequestQueue _queue = new();
    private readonly RunningSequences _running;
    private readonly Admission _admission;
    private readonly BatchFiller _filler;
    private readonly SamplingStep _sampling;
    private readonly List<Request> _inbox = [];
    private readonly List<Prefix> _released = [];
    private readonly HashSet<Request> _inBatch = [];
    private int _uncancelledInBatch;
    private bool _cancelled;
    private Exception? _closed;

    /// <param name="wake">Wakes the decode thread.</param>
    public Scheduler(IDecoder decoder, SchedulerOptions options, Sampler sampler, EngineCounters counters, Action wake)
    {
        (_decoder, _options, _counters, _wake) = (decoder, options, counters, wake);
        var lengths = new ExpectedLengths();
        _cache = new(decoder, SchedulerOptions.Slots(options.Sequences), counters);
        _running = new(_cache, _queue, counters);
        _admission = new(options, _cache, _running, _queue, lengths, counters);
        _filler = new(decoder, _cache, _running);
        _sampling = new(decoder, options, sampler, _cache, _running, lengths, counters, Release);
    }

    /// <summary>Adds a request, from any thread.</summary>
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

    /// <summary>Drops a cancelled request at the next step, from any thread. Aborts an evaluation that only cancelled requests wait
    /// for.</summary>
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

    /// <summary>Aborts a running evaluation and accepts no more requests, from any thread. The decode thread then calls
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
        FailAll(_closed ?? throw new InvalidOperationException("Call Stop before Close."));
        _decoder.Dispose();
    }

    public void FailAll(Exception exception)
    {
        TakeInbox();
        foreach (var request in Live())
            Drop(request, r => r.Fail(exception));
    }

    /// <summary>Schedule, evaluate, draw.</summary>
    /// <param name="admitNew">False while callers whose samples have just ended may still continue them.</param>
    public StepOutcome Step(bool admitNew)
    {
        TakeInbox();
        _cache.Tick();
        _admission.Admit(admitNew);
        if (_running.Count == 0)
            return _queue.Count > 0 ? StepOutcome.Pausing : StepOutcome.Idle;
        var generating = _filler.Generating();
        // A deterministic request must not depend on a measurement.
        var shape = _admission.Alone ? BatchShape.Batched : _options.Shape;
        foreach (var part in shape.Parts(generating.Length))
        {
            _filler.Fill(generating.AsSpan(part));
            EvaluateAndDraw();
        }
        // Prompts get a batch of their own: its attention works in tiles of neighbouring tokens, and each other sequence would add its
        // cells.
        _filler.FillPrompts(alone: generating.Length == 0);
        EvaluateAndDraw();
        while (_cache.UsedCells > _options.ResidentCells && _cache.Evict(leased: false))
            continue;
        VerifyInDebug();
        return StepOutcome.Worked;
    }

    /// <summary>Checks the scheduler's bookkeeping against the context.</summary>
    /// <exception cref="InvalidOperationException">They differ, or a sequence has no owner.</exception>
    public void Verify()
    {
        _cache.Verify();
        if (_running.Sequences.Any(s => s.Prefix is not { IsRemoved: false, IsRunning: true }) || _running.Count > _options.Sequences)
            throw new InvalidOperationException("A running sequence has no running prefix, or too many run.");
        if (_cache.RunningCount != _running.Count)
            throw new InvalidOperationException($"{_cache.RunningCount} prefixes run for {_running.Count} sequences.");
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
                foreach (var (request, damage) in _sampling.Run(_filler.InBatch))
                    Drop(request, r => r.Fail(damage));
        }
        catch (DecodeException e)
        {
            Rewind();
            foreach (var request in _inBatch)
                Drop(request, r => r.Fail(e));
        }
    }

    private Request[] Live() => _queue.Requests.Concat(_running.Sequences.Select(s => s.Request)).Distinct().ToArray();

    private void TakeInbox()
    {
        bool cancelled;
        lock (_gate)
        {
            foreach (var request in _inbox)
                _queue.Add(request);
            _inbox.Clear();
            foreach (var prefix in _released)
                _cache.Release(prefix);
            _released.Clear();
            (cancelled, _cancelled) = (_cancelled, false);
        }
        if (!cancelled)
            return;
        foreach (var request in Live().Where(r => r.Cancelled))
            Drop(request, r => r.Cancel());
    }

    /// <returns>False if it was aborted, or nobody waits for the result any more.</returns>
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
            _cache.Rewind(sequence.Prefix!);
            if (sequence.State == SequenceState.Generating)
                sequence.Prefix!.Tokens.RemoveAt(sequence.Prefix.Tokens.Count - 1);
        }
    }

    /// <summary>From any thread.</summary>
    private void Release(Prefix[] prefixes)
    {
        lock (_gate)
            _released.AddRange(prefixes.Where(p => p.Leases > 0));
    }

    /// <summary>Removes a request in whatever state it is. Frees its memory before its caller is told.</summary>
    private void Drop(Request request, Action<Request> tell)
    {
        _queue.Remove(request);
        foreach (var sequence in request.Sequences)
        {
            if (sequence.State is SequenceState.Following or SequenceState.Prefilling or SequenceState.Generating)
                _running.Remove(sequence);
            if (sequence.Prefix is { IsRemoved: false } prefix)
                _cache.Remove(prefix);
        }
        tell(request);
    }
}
