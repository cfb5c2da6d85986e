using System.Runtime.InteropServices;
using SPaR.Llama.Backend;

namespace SPaR.Llama.Native;

/// <summary>A batch as llama.h wants it: pointers into its arrays, which stay where they are.</summary>
internal sealed unsafe class BatchView
{
    private DecodeBatch? _batch;
    private NativeBatch _native;
    private int[] _one = [];
    private nint[] _sequences = [];

    public NativeBatch Of(DecodeBatch batch)
    {
        if (batch != _batch)
            Look(batch);
        _native.Tokens = batch.Count;
        return _native;
    }

    private void Look(DecodeBatch batch)
    {
        _one = GC.AllocateArray<int>(batch.Capacity, pinned: true);
        _sequences = GC.AllocateArray<nint>(batch.Capacity, pinned: true);
        // Every token belongs to one sequence, whose id stands in its place.
        for (var i = 0; i < batch.Capacity; i++)
            (_one[i], _sequences[i]) = (1, Marshal.UnsafeAddrOfPinnedArrayElement(batch.Sequences, i));
        _native.Token = (int*)Marshal.UnsafeAddrOfPinnedArrayElement(batch.Tokens, 0);
        _native.Position = (int*)Marshal.UnsafeAddrOfPinnedArrayElement(batch.Positions, 0);
        _native.SequenceCount = (int*)Marshal.UnsafeAddrOfPinnedArrayElement(_one, 0);
        _native.Sequence = (int**)Marshal.UnsafeAddrOfPinnedArrayElement(_sequences, 0);
        _native.Output = (sbyte*)Marshal.UnsafeAddrOfPinnedArrayElement(batch.Wanted, 0);
        _batch = batch;
    }
}
