namespace SPaR.Llama.Backend;

/// <summary>The tokens of one step, in arrays that are made once and stay where they are, so that native code can read them in place.
/// Refuses what would abort the process: more tokens than the context's batch, more outputs than its buffer, sequence ids outside its
/// range.</summary>
internal sealed class DecodeBatch(int capacity, int outputsMax, int sequences)
{
    public int Capacity => capacity;

    public int Count { get; private set; }

    public int Outputs { get; private set; }

    /// <summary>How many more tokens fit.</summary>
    public int Room => capacity - Count;

    /// <summary>The token at each place; of this and the arrays below the first <see cref="Count"/> hold.</summary>
    public int[] Tokens { get; } = GC.AllocateArray<int>(capacity, pinned: true);

    public int[] Positions { get; } = GC.AllocateArray<int>(capacity, pinned: true);

    public int[] Sequences { get; } = GC.AllocateArray<int>(capacity, pinned: true);

    /// <summary>1 where logits are asked for, else 0.</summary>
    public byte[] Wanted { get; } = GC.AllocateArray<byte>(capacity, pinned: true);

    public void Clear() => (Count, Outputs) = (0, 0);

    /// <returns>The index by which the token's logits are read, where <paramref name="output"/> asks for them.</returns>
    public int Add(int token, int position, int sequence, bool output)
    {
        if (Room == 0)
            throw new DecodeException($"A batch holds {capacity} tokens and no more.");
        if ((uint)sequence >= (uint)sequences)
            throw new DecodeException($"Sequence {sequence} is not one of the context's {sequences}.");
        if (output && Outputs == outputsMax)
            throw new DecodeException($"A batch gives {outputsMax} outputs and no more.");
        var index = Count++;
        (Tokens[index], Positions[index], Sequences[index]) = (token, position, sequence);
        Wanted[index] = output ? (byte)1 : (byte)0;
        if (output)
            Outputs++;
        return index;
    }

    /// <summary>A token of the batch.</summary>
    public (int Token, int Position, int Sequence) this[int index] => (uint)index < (uint)Count
        ? (Tokens[index], Positions[index], Sequences[index])
        : throw new ArgumentOutOfRangeException(nameof(index));

    public bool IsOutput(int index) => (uint)index < (uint)Count && Wanted[index] != 0;
}
