using System.Runtime.InteropServices;

namespace SPaR.Llama.Native;

/// <summary>The tokens of one step, in native arrays that are made once. Refuses what would abort the process: more tokens than the
/// context's batch, more outputs than its buffer, sequence ids outside its range.</summary>
internal sealed unsafe class DecodeBatch : SafeHandle
{
    private readonly int _capacity;
    private readonly int _outputsMax;
    private readonly int _sequences;
    private NativeBatch _batch;

    public DecodeBatch(int capacity, int outputsMax, int sequences)
        : base(0, ownsHandle: true)
    {
        (_capacity, _outputsMax, _sequences) = (capacity, outputsMax, sequences);
        // One block: token, position, sequence count (int each), the pointers to the sequence ids, the ids, the output flags.
        var ints = (nuint)capacity * sizeof(int);
        var block = (byte*)NativeMemory.AllocZeroed((nuint)capacity * (4 * sizeof(int) + (nuint)sizeof(int*) + 1));
        SetHandle((nint)block);
        _batch.Sequence = (int**)block;
        _batch.Token = (int*)(block + (nuint)capacity * (nuint)sizeof(int*));
        _batch.Position = _batch.Token + capacity;
        _batch.SequenceCount = _batch.Position + capacity;
        var ids = _batch.SequenceCount + capacity;
        _batch.Output = (sbyte*)ids + ints;
        for (var i = 0; i < capacity; i++)
        {
            _batch.SequenceCount[i] = 1;
            _batch.Sequence[i] = ids + i;
        }
    }

    public override bool IsInvalid => handle == 0;

    public int Count => _batch.Tokens;

    public int Outputs { get; private set; }

    /// <summary>How many more tokens fit.</summary>
    public int Room => _capacity - _batch.Tokens;

    public void Clear() => (_batch.Tokens, Outputs) = (0, 0);

    /// <returns>The index by which the token's logits are read, where <paramref name="output"/> asks for them.</returns>
    public int Add(int token, int position, int sequence, bool output)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (Room == 0)
            throw new DecodeException($"A batch holds {_capacity} tokens and no more.");
        if ((uint)sequence >= (uint)_sequences)
            throw new DecodeException($"Sequence {sequence} is not one of the context's {_sequences}.");
        if (output && Outputs == _outputsMax)
            throw new DecodeException($"A batch gives {_outputsMax} outputs and no more.");
        var index = _batch.Tokens++;
        _batch.Token[index] = token;
        _batch.Position[index] = position;
        *_batch.Sequence[index] = sequence;
        _batch.Output[index] = output ? (sbyte)1 : (sbyte)0;
        if (output)
            Outputs++;
        return index;
    }

    /// <summary>A token of the batch.</summary>
    public (int Token, int Position, int Sequence) this[int index] => (uint)index < (uint)_batch.Tokens
        ? (_batch.Token[index], _batch.Position[index], *_batch.Sequence[index])
        : throw new ArgumentOutOfRangeException(nameof(index));

    public bool IsOutput(int index) => (uint)index < (uint)_batch.Tokens && _batch.Output[index] != 0;

    public NativeBatch Native => _batch;

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
