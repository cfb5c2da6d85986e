using SPaR.Llama.Decoding;
using SPaR.Llama.Sampling;

namespace SPaR.Llama.Scheduling;

/// <summary>What follows an evaluation: completed prompts are forked, each sequence with logits draws a token or scores its given one, and
/// finished sequences end.</summary>
/// <param name="release">Receives the prefixes of an ended lease, from any thread.</param>
internal sealed class SamplingStep(
    IDecoder decoder, SchedulerOptions options, Sampler sampler, PrefixCache cache, RunningSequences running, ExpectedLengths lengths,
    EngineCounters counters, Action<Prefix[]> release)
{
    /// <param name="evaluated">The sequences with tokens in the batch.</param>
    /// <returns>The requests that failed, each with the reason.</returns>
    public IReadOnlyDictionary<Request, Exception> Run(IReadOnlyList<Sequence> evaluated)
    {
        foreach (var sequence in evaluated)
        {
            cache.Confirm(sequence.Prefix!);
            var prefilling = sequence.State == SequenceState.Prefilling;
            if (!prefilling && !sequence.Request.Scores)
                continue;
            sequence.Request.Usage += new TokenUsage(sequence.InBatch, 0, 0);
            counters.Compute(sequence.InBatch);
            if (prefilling && sequence.Output >= 0)
                ForkFollowers(sequence);
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
            sequence.ScoreNext(logits);
            return;
        }

        sequence.SampleNext(sampler, logits, options.Ends);
        sequence.Request.Usage += new TokenUsage(0, 0, 1);
        counters.Generate(1);
    }

    /// <summary>The prompt is computed: its followers share its cells, and all draw their first token from the same logits.</summary>
    private void ForkFollowers(Sequence lead)
    {
        var (prefix, prompt) = (lead.Prefix!, lead.Prefix!.Computed);
        lead.MoveTo(SequenceState.Generating);
        foreach (var follower in running.Sequences.Where(s => s.Lead == lead))
        {
            follower.Prefix!.Tokens.AddRange(prefix.Tokens);
            cache.Fork(prefix, follower.Prefix, prompt);
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
        KeepOrRemove(request, sequence.Prefix!);
        if (request.Sequences.Any(s => s.State != SequenceState.Finished))
            return;
        if (request.Retain)
            request.Lease = new([.. request.Sequences.Select(s => s.Prefix!)], release);
        request.Finish();
    }

    private void KeepOrRemove(Request request, Prefix prefix)
    {
        if (request.Deterministic)
        {
            cache.Remove(prefix);
            return;
        }

        if (request.Retain)
        {
            prefix.Leases++;
            cache.Complete(prefix, prefix.Computed);
            return;
        }

        // Nobody continues what it generated, but its prompt may be a prefix of others.
        cache.Complete(prefix, Math.Min(prefix.Computed, request.Prompt.Length));
        if (cache.IsCovered(prefix))
            cache.Remove(prefix);
    }
}
