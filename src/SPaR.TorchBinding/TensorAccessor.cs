using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor on the CPU in row-major order, whatever its strides.</summary>
public sealed class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor _tensor;
    private readonly long[] _shape;
    private readonly long[] _strides;

    internal TensorAccessor(torch.Tensor tensor)
    {
        _tensor = tensor;
        _shape = tensor.shape;
        _strides = tensor.stride();
        Count = tensor.numel();
    }

    public long Count { get; }

    public unsafe T this[params long[] indices]
    {
        get => ((T*)_tensor.Data())[Offset(indices)];
        set => ((T*)_tensor.Data())[Offset(indices)] = value;
    }

    public T[] ToArray()
    {
        var all = new T[Count];
        CopyTo(all);
        return all;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    /// <summary>Copies as many elements as there is room for.</summary>
    public unsafe void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var data = (T*)_tensor.Data();
        var room = (int)Math.Min(array.Length - arrayIndex, Count - tensorIndex);
        if (_tensor.is_contiguous())
        {
            new ReadOnlySpan<T>(data + tensorIndex, room).CopyTo(array[arrayIndex..]);
            return;
        }
        for (var i = 0; i < room; i++)
            array[arrayIndex + i] = data[Offset(tensorIndex + i)];
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public unsafe void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var data = (T*)_tensor.Data();
        var room = (int)Math.Min(array.Length - arrayIndex, Count - tensorIndex);
        for (var i = 0; i < room; i++)
            data[Offset(tensorIndex + i)] = array[arrayIndex + i];
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    /// <summary>Nothing to free: the tensor owns the memory.</summary>
    public void Dispose()
    {
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private long Offset(long[] indices)
    {
        if (indices.Length == 1)
            return Offset(indices[0]);
        long offset = 0;
        for (var i = 0; i < indices.Length; i++)
            offset += Within(indices[i], _shape[i]) * _strides[i];
        return offset;
    }

    private long Offset(long position)
    {
        Within(position, Count);
        long offset = 0;
        for (var i = _shape.Length - 1; i >= 0; i--)
        {
            (position, var index) = Math.DivRem(position, _shape[i]);
            offset += index * _strides[i];
        }
        return offset;
    }

    private static long Within(long index, long count) =>
        index >= 0 && index < count
            ? index
            : throw new ArgumentOutOfRangeException(nameof(index), $"{index} of {count} elements");
}
