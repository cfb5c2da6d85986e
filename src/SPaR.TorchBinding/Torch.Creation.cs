using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor empty(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Filled(Filling.Nothing, size, 0, dtype, device, requires_grad, names);

    public static Tensor zeros(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full(size, 0.0, dtype ?? float32, device, requires_grad, names);

    public static Tensor zeros(
        ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full(size, 0.0, dtype ?? float32, device, requires_grad, names);

    public static Tensor zeros(
        long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        zeros([size], dtype, device, requires_grad, names);

    public static Tensor zeros(
        long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        zeros([rows, columns], dtype, device, requires_grad, names);

    public static Tensor ones(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full(size, 1.0, dtype ?? float32, device, requires_grad, names);

    public static Tensor ones(
        long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        ones([size], dtype, device, requires_grad, names);

    public static Tensor ones(
        long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        ones([rows, columns], dtype, device, requires_grad, names);

    public static Tensor full(
        long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        full((ReadOnlySpan<long>)size, value, dtype, device, requires_grad, names);

    public static Tensor full(
        ReadOnlySpan<long> size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Filled(Filling.Value, size, value, dtype ?? DefaultType(value), device, requires_grad, names);

    /// <summary>Standard normal.</summary>
    public static Tensor randn(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        randn((ReadOnlySpan<long>)size, dtype, device, requires_grad, generator, names);

    /// <summary>Standard normal.</summary>
    public static Tensor randn(
        ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Filled(Filling.Normal, size, 0, dtype, device, requires_grad, names, generator);

    public static Tensor randn(
        long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        randn([size], dtype, device, requires_grad, generator, names);

    public static Tensor randn(
        long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        randn([rows, columns], dtype, device, requires_grad, generator, names);

    /// <summary>Uniform in [0, 1).</summary>
    public static Tensor rand(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        Filled(Filling.Uniform, size, 0, dtype, device, requires_grad, names, generator);

    public static Tensor rand(
        long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null,
        string[]? names = null) =>
        rand([size], dtype, device, requires_grad, generator, names);

    /// <summary>From <paramref name="low"/> to below <paramref name="high"/>, int64.</summary>
    public static Tensor randint(
        long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null)
    {
        RefuseNames(names);
        return Placed(
            new Tensor(Native.st_randint(low, high, size, size.Length, Generator.HandleOf(generator), (sbyte)(dtype ?? int64))),
            device, requires_grad);
    }

    public static Tensor zeros_like(
        Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        zeros(input.shape, dtype ?? input.dtype, device ?? input.device, requires_grad, names);

    public static Tensor ones_like(
        Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        ones(input.shape, dtype ?? input.dtype, device ?? input.device, requires_grad, names);

    public static Tensor empty_like(
        Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty(input.shape, dtype ?? input.dtype, device ?? input.device, requires_grad, names);

    public static Tensor full_like(
        Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        full(input.shape, value, dtype ?? input.dtype, device ?? input.device, requires_grad, names);

    public static Tensor randn_like(
        Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        randn(input.shape, dtype ?? input.dtype, device ?? input.device, requires_grad);

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(
        Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    /// <summary>Whole bounds and step make int64, others float32.</summary>
    public static Tensor arange(
        Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        var whole = new[] { start, stop, step }.All(s => s.Type == ScalarType.Int64);
        var type = dtype ?? (whole ? int64 : float32);
        return Placed(new Tensor(Native.st_arange(start.Value, stop.Value, step.Value, (sbyte)type)), device, requires_grad);
    }

    /// <summary>A tensor of the array's shape and type.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor from_array(
        Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        var shape = Enumerable.Range(0, rawArray.Rank).Select(d => rawArray.GetLongLength(d)).ToArray();
        return Copied(rawArray, shape, dtype, device, requires_grad);
    }

    /// <summary>Copies <paramref name="rawArray"/>, whose elements fill <paramref name="dimensions"/> in row-major order.</summary>
    private static Tensor Copied(
        Array rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requires_grad)
    {
        long count = 1;
        foreach (var length in dimensions)
            count *= length;
        if (count != rawArray.LongLength)
            throw new ArgumentException($"{rawArray.LongLength} elements do not fill a shape of {count}", nameof(dimensions));
        var type = TypeOf(rawArray.GetType().GetElementType()!);
        var pinned = GCHandle.Alloc(rawArray, GCHandleType.Pinned);
        try
        {
            var data = Marshal.UnsafeAddrOfPinnedArrayElement(rawArray, 0);
            using var seen = new Tensor(Native.st_from_memory(data, dimensions, dimensions.Length, (sbyte)type));
            // The array is not looked at again.
            return Required(seen.to(dtype ?? type, device ?? CPU, copy: true), requires_grad);
        }
        finally
        {
            pinned.Free();
        }
    }

    private static Tensor Filled(
        Filling filling, ReadOnlySpan<long> size, Scalar value, ScalarType? dtype, Device? device, bool requires_grad, string[]? names,
        Generator? generator = null)
    {
        RefuseNames(names);
        var place = device ?? CPU;
        return Required(
            new Tensor(Native.st_filled(
                (int)filling, size, size.Length, value.Value, Generator.HandleOf(generator), (sbyte)(dtype ?? float32),
                (int)place.type, place.index)),
            requires_grad);
    }

    private static Tensor Placed(Tensor made, Device? device, bool requires_grad)
    {
        if (device is not { type: not DeviceType.CPU })
            return Required(made, requires_grad);
        return Required(made.to(device, disposeAfter: true), requires_grad);
    }

    private static Tensor Required(Tensor made, bool requires_grad) => requires_grad ? made.requires_grad_() : made;

    private static ScalarType DefaultType(Scalar value) => value.Type == ScalarType.Float64 ? float32 : int64;

    private static void RefuseNames(string[]? names)
    {
        if (names is not null)
            throw new NotSupportedException("Tensors have no named dimensions here: leave names out");
    }

    private static ScalarType TypeOf(Type element) => element switch
    {
        _ when element == typeof(byte) => ScalarType.Byte,
        _ when element == typeof(sbyte) => ScalarType.Int8,
        _ when element == typeof(short) => ScalarType.Int16,
        _ when element == typeof(int) => ScalarType.Int32,
        _ when element == typeof(long) => ScalarType.Int64,
        _ when element == typeof(Half) => ScalarType.Float16,
        _ when element == typeof(float) => ScalarType.Float32,
        _ when element == typeof(double) => ScalarType.Float64,
        _ when element == typeof(bool) => ScalarType.Bool,
        _ => throw new NotSupportedException($"There are no tensors of {element.Name}"),
    };
}
