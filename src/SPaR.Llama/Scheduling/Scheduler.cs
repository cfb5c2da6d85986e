using System.Runtime.InteropServices;
using SPaR.Abstractions;
using SPaR.Llama.Native;
using SPaR.Llama.Sampling;

namespace SPaR.Llama.Scheduling;

/// <summary>Batches the sequences of all requests to one model for decoding: a step puts the last token of every live sequence, and as
/// much of new prompts as has room, into one evaluation. Requests are admitted in order, and only when the cells that they may need at
/// worst are free, so a step never runs out of them. Knows token ids only: no text, no templates.</summary>
/// <param name="wake">Tells the decode thread that there is work.</param>
internal sealed class Scheduler(IDecoder context, int sequences, Sampler sampler, bool[] ends, Action wake)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Request> _waiting = new();
    private readonly List<Wave> _active = [];
    private readonly Stack<int> _slots = new(Enumerable.Range(0, sequences).Reverse());
    private readonly List<Request> _inbox = [];
    private readonly List<Request> _inBatch = [];
    private readonly List<(Request Request, Exception Exception)> _damaged = [];
    private int _freeCells = context.Cells;
    private int _uncancelledInBatch;
    private bool _cancelled;
    private Exception? _closed;

    /// <summary>Takes a request in, from any thread.</summary>
    public void Enqueue(Request request)
    {
        lock (_gate)
        {
            if (_closed is not null)
                throw _closed;
            _inbox.Add(request);
        }
        wake();
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
                context.Abort(true);
        }
        wake();
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
            context.Abort(true);
        }
    }

    /// <summary>Fails every request and frees the context.</summary>
    public void Close()
    {
        FailAll(_closed ?? throw new InvalidOperationException("A scheduler is stopped before it is closed."));
        context.Dispose();
    }

    public void FailAll(Exception exception)
    {
        TakeIn();
        foreach (var request in _waiting.Concat(_active.Select(w => w.Request)).Distinct().ToArray())
            Drop(request, r => r.Fail(exception));
    }

    /// <summary>Schedule, run, post-process.</summary>
    /// <returns>False if there was nothing to do.</returns>
    public bool Step()
    {
        TakeIn();
        Admit();
        if (_active.Count == 0)
            return false;
        Fill();
        try
        {
            if (Run())
                PostProcess();
        }
        catch (DecodeException e)
        {
            foreach (var request in _inBatch)
                Drop(request, r => r.Fail(e));
        }
        return true;
    }

    private void TakeIn()
    {
        var cancelled = false;
        lock (_gate)
        {
            foreach (var request in _inbox)
                _waiting.AddLast(request);
            _inbox.Clear();
            (cancelled, _cancelled) = (_cancelled, false);
        }
        if (!cancelled)
            return;
        foreach (var request in _waiting.Concat(_active.Select(w => w.Request)).Where(r => r.Cancelled).Distinct().ToArray())
            Drop(request, r => r.Cancel());
    }

    private void Admit()
    {
        while (_waiting.First is { Value: var request })
        {
            var most = request.Sampling.MaxTokens;
            // As many samples as an empty context takes start together, the rest in later waves.
            var atOnce = Math.Min(sequences, (context.Cells - request.Prompt.Length) / most);
            var count = Math.Min(request.Seeds.Length - request.Admitted, atOnce);
            var cells = request.Prompt.Length + count * most;
            if (count > _slots.Count || cells > _freeCells)
                return;
            _freeCells -= cells;
            var wave = new Sequence[count];
            for (var i = 0; i < count; i++)
                wave[i] = new Sequence(request.Admitted + i, request.Seeds[request.Admitted + i], _slots.Pop());
            wave[0].MoveTo(SequenceState.Prefilling);
            _active.Add(new Wave(request, wave));
            request.Admitted += count;
            if (request.Admitted == request.Seeds.Length)
                _waiting.RemoveFirst();
        }
    }

    private void Fill()
    {
        context.Batch.Clear();
        _inBatch.Clear();
        foreach (var wave in _active)
            wave.InBatch = 0;
        // First every sequence that generates: the options see to it that all of them fit.
        foreach (var wave in _active)
        {
            var prompt = wave.Request.Prompt.Length;
            foreach (var sequence in wave.Sequences)
                if (sequence.State == SequenceState.Generating)
                    sequence.Output = context.Batch.Add(
                        sequence.Tokens[^1], prompt + sequence.Tokens.Count - 1, sequence.Slot, output: true);
            if (wave.Lead.State != SequenceState.Prefilling)
                Mark(wave.Request);
        }
        foreach (var wave in _active)
        {
            if (wave.Lead.State != SequenceState.Prefilling || context.Batch.Room == 0)
                continue;
            var prompt = wave.Request.Prompt;
            wave.InBatch = Math.Min(context.Batch.Room, prompt.Length - wave.Prefilled);
            for (var i = wave.Prefilled; i < wave.Prefilled + wave.InBatch; i++)
                wave.Lead.Output = context.Batch.Add(prompt[i], i, wave.Lead.Slot, output: i == prompt.Length - 1);
            Mark(wave.Request);
        }
    }

    private void Mark(Request request)
    {
        if (!_inBatch.Contains(request))
            _inBatch.Add(request);
    }

    /// <returns>False if nobody waits for the result any more; what the batch left in the context goes with its requests.</returns>
    private bool Run()
    {
        lock (_gate)
        {
            _uncancelledInBatch = 0;
            foreach (var request in _inBatch)
                if (request.InBatch = !request.Cancelled)
                    _uncancelledInBatch++;
            if (_uncancelledInBatch == 0 || _closed is not null)
                return false;
            context.Abort(false);
        }
        var done = context.Decode();
        lock (_gate)
            foreach (var request in _inBatch)
                request.InBatch = false;
        return done;
    }

    private void PostProcess()
    {
        // Waves are taken from the end, as finished ones are removed.
        for (var w = _active.Count - 1; w >= 0; w--)
        {
            var wave = _active[w];
            try
            {
                if (wave.InBatch > 0)
                    Prefilled(wave);
                else if (wave.Lead.State != SequenceState.Prefilling)
                    Generated(wave);
            }
            catch (DamagedWeightsException e)
            {
                _damaged.Add((wave.Request, e));
            }
            if (wave.Live == 0)
                _active.RemoveAt(w);
        }
        foreach (var (request, exception) in _damaged)
            Drop(request, r => r.Fail(exception));
        _damaged.Clear();
    }

    /// <summary>When the prompt is whole, the other sequences share its cells and each draws its first token.</summary>
    private void Prefilled(Wave wave)
    {
        var request = wave.Request;
        wave.Prefilled += wave.InBatch;
        request.Usage += new TokenUsage(wave.InBatch, 0, 0);
        wave.InBatch = 0;
        if (wave.Prefilled < request.Prompt.Length)
            return;
        foreach (var sequence in wave.Sequences.AsSpan(1))
        {
            context.Fork(wave.Lead.Slot, sequence.Slot, request.Prompt.Length);
            sequence.Output = wave.Lead.Output;
        }
        request.Usage += new TokenUsage(0, (long)(wave.Sequences.Length - 1) * request.Prompt.Length, 0);
        foreach (var sequence in wave.Sequences)
            sequence.MoveTo(SequenceState.Generating);
        Generated(wave);
    }

    private void Generated(Wave wave)
    {
        var request = wave.Request;
        var drawn = 0;
        foreach (var sequence in wave.Sequences)
        {
            if (sequence.State != SequenceState.Generating)
                continue;
            sequence.Draw(sampler, context.Logits(sequence.Output), request.Sampling, ends);
            drawn++;
            if (sequence.State == SequenceState.Finished)
                Free(wave, sequence);
        }
        request.Usage += new TokenUsage(0, 0, drawn);
        foreach (var sequence in wave.Sequences)
            if (sequence is { State: SequenceState.Finished, Output: >= 0 })
            {
                sequence.Output = -1;
                request.Finish(sequence);
            }
    }

    private void Free(Wave wave, Sequence sequence)
    {
        context.Truncate(sequence.Slot, 0);
        _slots.Push(sequence.Slot);
        _freeCells += wave.Request.Sampling.MaxTokens;
        if (--wave.Live == 0)
            _freeCells += wave.Request.Prompt.Length;
    }

    /// <summary>Takes a request out wherever it stands; its memory is free before its caller hears of it.</summary>
    private void Drop(Request request, Action<Request> tell)
    {
        _waiting.Remove(request);
        foreach (var wave in CollectionsMarshal.AsSpan(_active))
            if (wave.Request == request)
                foreach (var sequence in wave.Sequences)
                    if (sequence.State != SequenceState.Finished)
                        Free(wave, sequence);
        _active.RemoveAll(w => w.Request == request);
        tell(request);
    }
}
