using SPaR.Llama.Decoding;

namespace SPaR.Llama.Scheduling;

/// <summary>Fills the batches of a step: the last token of each generating sequence, and as much of new prompts as fits. Frees the cells
/// that they need.</summary>
internal sealed class BatchFiller(IDecoder decoder, PrefixCache cache, RunningSequences running)
{
    private readonly List<Sequence> _inBatch = [];

    /// <summary>The sequences with tokens in the batch.</summary>
    public IReadOnlyList<Sequence> InBatch => _inBatch;

    /// <summary>Makes sure that there is a free cell for every generating sequence.</summary>
    /// <returns>The generating sequences.</returns>
    public Sequence[] Generating()
    {
        while (running.Sequences.Count(s => s.State == SequenceState.Generating) > cache.FreeCells)
            MakeRoom();
        return [.. running.Sequences.Where(s => s.State == SequenceState.Generating)];
    }

    public void Fill(ReadOnlySpan<Sequence> generating)
    {
        Clear();
        foreach (var sequence in generating)
            // Its request may have ended earlier in this step.
            if (!sequence.Prefix!.IsRemoved)
                Add(sequence);
    }

    /// <param name="alone">Nothing else is evaluated in this step, so cells must be freed for a prompt.</param>
    public void FillPrompts(bool alone)
    {
        Clear();
        do
        {
            foreach (var sequence in running.Sequences)
                if (sequence.State == SequenceState.Prefilling && decoder.Batch.Room > 0)
                    AddPrompt(sequence);
        }
        while (_inBatch.Count == 0 && alone && MakeRoom());
    }

    private void Clear()
    {
        decoder.Batch.Clear();
        _inBatch.Clear();
    }

    private void Add(Sequence sequence)
    {
        var prefix = sequence.Prefix!;
        cache.Append(prefix, 1);
        prefix.Tokens.Add(sequence.Tokens[^1]);
        sequence.Output = decoder.Batch.Add(prefix.Tokens[^1], prefix.Tokens.Count - 1, prefix.Slot, output: true);
        sequence.InBatch = 1;
        _inBatch.Add(sequence);
    }

    /// <summary>Adds as much as fits; the next step adds the rest.</summary>
    private void AddPrompt(Sequence sequence)
    {
        var prefix = sequence.Prefix!;
        var wanted = Math.Min(decoder.Batch.Room, prefix.Tokens.Count - prefix.Computed);
        while (cache.FreeCells < wanted && cache.Evict(leased: false))
            continue;
        var count = Math.Min(wanted, cache.FreeCells);
        if (count == 0)
            return;
        cache.Append(prefix, count);
        for (var position = prefix.Computed; position < prefix.Computed + count; position++)
        {
            var last = position == prefix.Tokens.Count - 1;
            var index = decoder.Batch.Add(prefix.Tokens[position], position, prefix.Slot, output: last);
            sequence.Output = last ? index : -1;
        }

        sequence.InBatch = count;
        _inBatch.Add(sequence);
    }

    /// <summary>Evicts an unleased prefix; else preempts the youngest sequence; else evicts a leased prefix.</summary>
    /// <exception cref="InvalidOperationException">Nothing is left to evict: one sequence has more tokens than there are
    /// cells.</exception>
    private bool MakeRoom()
    {
        if (cache.Evict(leased: false) || running.PreemptYoungest() || cache.Evict(leased: true))
            return true;
        throw new InvalidOperationException($"A single sequence does not fit into {decoder.Cells} cells.");
    }
}
