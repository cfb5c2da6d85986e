namespace SPaR.Llama.Decoding;

/// <summary>The tokens of one evaluation. Refuses what would abort the process: more tokens than the context's batch size, more outputs
/// than its buffer, a sequence id out of range.</summary>
internal sealed class DecodeBatch(int capacity, int outputsMax, int sequences)
{
    private readonly (int Token, int Position, int Sequence, bool Output)[] _tokens = new (int, int, int, bool)[capacity];

    public int Count { get; private set; }

    public int Outputs { get; private set; }

    /// <summary>How many more tokens fit.</summary>
    public int Room => capacity - Count;

    public void Clear() => (Count, Outputs) = (0, 0);

    /// <returns>The index of the token's logits, if <paramref name="output"/> asks for them.</returns>
    public int Add(int token, int position, int sequence, bool output)
    {
        if (Room == 0)
            throw new DecodeException($"A batch holds at most {capacity} tokens.");
        if ((uint)sequence >= (uint)sequences)
            throw new DecodeException($"Sequence {sequence} is out of range; the context has {sequences}.");
        if (output && Outputs == outputsMax)
            throw new DecodeException($"A batch has at most {outputsMax} outputs.");
        if (output)
            Outputs++;
        _tokens[Count] = (token, position, sequence, output);
        return Count++;
    }

    public (int Token, int Position, int Sequence) this[int index] => (uint)index < (uint)Count
        ? (_tokens[index].Token, _tokens[index].Position, _tokens[index].Sequence)
        : throw new ArgumentOutOfRangeException(nameof(index));

    public bool IsOutput(int index) => (uint)index < (uint)Count && _tokens[index].Output;
}
