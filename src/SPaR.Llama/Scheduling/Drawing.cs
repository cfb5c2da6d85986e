using SPaR.Abstractions;
using SPaR.Llama.Decoding;
using SPaR.Llama.Sampling;

namespace SPaR.Llama.Scheduling;

/// <summary>What follows an evaluation: prompts that are whole are shared out, every sequence that has logits draws a token or
/// takes in the one that is given, and those that have ended settle.</summary>
/// <param name="release">Takes trunks whose lease has ended, from any thread.</param>
internal sealed class Drawing(
    IDecoder decoder, SchedulerOptions options, Sampler sampler, PrefixCache cache, RunningSequences running, ExpectedLengths lengths,
    EngineCounters counters, Action<Trunk[]> release)
{
    /// <param name="evaluated">Who had tokens in the batch.</param>
    /// <returns>Requests that cannot go on, each with the reason.</returns>
    public IReadOnlyDictionary<Request, Exception> Run(IReadOnlyList<Sequence> evaluated)
    {
        foreach (var sequence in evaluated)
        {
            cache.Confirm(sequence.Trunk!);
            var prefilling = sequence.State == SequenceState.Prefilling;
            if (!prefilling && !sequence.Request.Scores)
                continue;
            sequence.Request.Usage += new TokenUsage(sequence.InBatch, 0, 0);
            counters.Compute(sequence.InBatch);
            if (prefilling && sequence.Output >= 0)
                Spread(sequence);
        }

        var damaged = new Dictionary<Request, Exception>();
        foreach (var sequence in running.Sequences.Where(s => s.Output >= 0).ToArray())
        {
            try
            {
                Take(sequence, decoder.Logits(sequence.Output));
            }
            catch (DamagedWeightsException e)
            {
                damaged[sequence.Request] = e;
                continue;
            }

            sequence.Output = -1;
            if (sequence.State == SequenceState.Finished)
                End(sequence);
        }

        return damaged;
    }

    private void Take(Sequence sequence, ReadOnlySpan<float> logits)
    {
        if (sequence.Request.Scores)
        {
            sequence.Weigh(logits);
            return;
        }

        sequence.Draw(sampler, logits, options.Ends);
        sequence.Request.Usage += new TokenUsage(0, 0, 1);
        counters.Generate(1);
    }

    /// <summary>The prompt is whole: those that follow share its cells, and all draw their first token from the same logits.</summary>
    private void Spread(Sequence lead)
    {
        var (trunk, prompt) = (lead.Trunk!, lead.Trunk!.Computed);
        lead.MoveTo(SequenceState.Generating);
        foreach (var follower in running.Sequences.Where(s => s.Lead == lead))
        {
            follower.Trunk!.Tokens.AddRange(trunk.Tokens);
            cache.Fork(trunk, follower.Trunk, prompt);
            counters.Fork(prompt);
            follower.Request.Usage += new TokenUsage(0, prompt, 0);
            (follower.Output, follower.Lead) = (lead.Output, null);
            follower.MoveTo(SequenceState.Generating);
        }
    }

    private void End(Sequence sequence)
    {
        var request = sequence.Request;
        lengths.Add(request.Kind, sequence.Tokens.Count);
        running.Remove(sequence);
        Settle(request, sequence.Trunk!);
        if (request.Sequences.Any(s => s.State != SequenceState.Finished))
            return;
        if (request.Retain)
            request.Lease = new([.. request.Sequences.Select(s => s.Trunk!)], release);
        request.Finish();
    }

    private void Settle(Request request, Trunk trunk)
    {
        if (request.Deterministic)
        {
            cache.Remove(trunk);
            return;
        }

        if (request.Retain)
        {
            trunk.Leases++;
            cache.Settle(trunk, trunk.Computed);
            return;
        }

        // What it generated nobody continues; its prompt may be the beginning of others.
        cache.Settle(trunk, Math.Min(trunk.Computed, request.Prompt.Length));
        if (cache.HasOther(trunk))
            cache.Remove(trunk);
    }
}
