using SPaR.Llama.Decoding;

namespace SPaR.Llama.Scheduling;

/// <summary>Fills the batches of a step: the last tokens of the sequences that generate, and as much of new prompts as has room. Makes the
/// room in cells that they need.</summary>
internal sealed class BatchFiller(IDecoder decoder, PrefixCache cache, RunningSequences running)
{
    private readonly List<Sequence> _inBatch = [];

    /// <summary>Who has tokens in the batch.</summary>
    public IReadOnlyList<Sequence> InBatch => _inBatch;

    /// <summary>Sees to it that every sequence that generates gets a cell in this step.</summary>
    /// <returns>Those sequences.</returns>
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
            // Its request may have ended in this very step.
            if (!sequence.Trunk!.Gone)
                Add(sequence);
    }

    /// <param name="alone">Nothing else goes on in this step, so that room must be made.</param>
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
        var trunk = sequence.Trunk!;
        cache.Append(trunk, 1);
        trunk.Tokens.Add(sequence.Tokens[^1]);
        sequence.Output = decoder.Batch.Add(trunk.Tokens[^1], trunk.Tokens.Count - 1, trunk.Slot, output: true);
        sequence.InBatch = 1;
        _inBatch.Add(sequence);
    }

    /// <summary>As much as has room: the next step goes on.</summary>
    private void AddPrompt(Sequence sequence)
    {
        var trunk = sequence.Trunk!;
        var wanted = Math.Min(decoder.Batch.Room, trunk.Tokens.Count - trunk.Computed);
        while (cache.FreeCells < wanted && cache.Evict(leased: false))
            continue;
        var count = Math.Min(wanted, cache.FreeCells);
        if (count == 0)
            return;
        cache.Append(trunk, count);
        for (var position = trunk.Computed; position < trunk.Computed + count; position++)
        {
            var last = position == trunk.Tokens.Count - 1;
            var index = decoder.Batch.Add(trunk.Tokens[position], position, trunk.Slot, output: last);
            sequence.Output = last ? index : -1;
        }

        sequence.InBatch = count;
        _inBatch.Add(sequence);
    }

    /// <summary>Drops what nobody needs, then stops the youngest sequence, and drops what callers want kept when nothing else is left.</summary>
    /// <exception cref="InvalidOperationException">There is nothing to drop: a single request has more tokens than there are
    /// cells.</exception>
    private bool MakeRoom()
    {
        if (cache.Evict(leased: false) || running.StopYoungest() || cache.Evict(leased: true))
            return true;
        throw new InvalidOperationException($"A single sequence does not fit into {decoder.Cells} cells.");
    }
}
