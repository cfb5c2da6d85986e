using System.Runtime.InteropServices;
using SPaR.Gguf;
using SPaR.Gguf.Blocks;
using TorchSharp;

namespace SPaR.Torch.Models;

/// <summary>The tensors of a GGUF file, mapped into memory: pages are read when they are used, and the system may drop them again. Numbers
/// in another type than the stored one are converted for each request; nothing is kept. Thread-safe.</summary>
/// <remarks>The mapping is private: nothing here can change the file. Truncating the file while it is mapped kills the process.</remarks>
internal sealed class MappedTensors : IDisposable
{
    // Numbers converted at a time: 64 MiB in F32. A tensor's bytes are a span, which ends at 2 GiB.
    private const long ConvertedNumbers = 1 << 24;

    private readonly GgufFile _file;
    private readonly Dictionary<string, GgufTensor> _tensors;
    // A torch tensor has one type, so each stored type has its own view of the same pages.
    private readonly Dictionary<ScalarType, Tensor> _views = [];

    /// <exception cref="ModelRejectedException">The file has become shorter than its tensors.</exception>
    public MappedTensors(string path, GgufFile file)
    {
        (_file, _tensors) = (file, file.Tensors.ToDictionary(t => t.Name));
        using var stream = RegularFile.OpenRead(path);
        if (file.Tensors.FirstOrDefault(t => file.DataOffset + t.Offset + t.Bytes > stream.Length) is { } missing)
            throw new ModelRejectedException(
                "truncated", $"{path}: ends inside the data of the tensor '{missing.Name}'. Download or copy it again.");
        foreach (var stored in file.Tensors.Select(Stored).Distinct())
            _views[stored] = from_file(path, shared: false, size: stream.Length / stored.ElementSize(), dtype: stored)
                .DetachFromDisposeScope();
    }

    public IEnumerable<string> Names => _tensors.Keys;

    /// <summary>The type of a tensor of real numbers; null for other types, quantised ones among them.</summary>
    public static ScalarType? Floating(GgufTensorType type) => type.Name switch
    {
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        _ => null,
    };

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>In torch's order: numbers along the last dimension are adjacent.</summary>
    public long[] Shape(string name) => [.. _tensors[name].Dimensions.Reverse()];

    /// <returns>The tensor in the file's own memory, if it is stored in this type; else null. Its pages are the file's: do not write to
    /// it.</returns>
    public Tensor? InPlace(string name, ScalarType type) => Floating(_tensors[name].Type) == type ? Data(_tensors[name]) : null;

    /// <returns>A copy of the whole tensor.</returns>
    public Tensor Read(string name, ScalarType type)
    {
        var shape = Shape(name);
        return Rows(name, 0, shape[0], type);
    }

    /// <returns>A copy of adjacent rows of a matrix, or of adjacent numbers of a vector.</returns>
    public Tensor Rows(string name, long start, long count, ScalarType type)
    {
        var tensor = _tensors[name];
        if (Floating(tensor.Type) is not null)
            return Data(tensor).narrow(0, start, count).to(type, copy: true);
        using var scope = NewDisposeScope();
        var numbers = empty([count, .. Shape(name)[1..]], type);
        var (width, data) = (tensor.Dimensions[0], Data(tensor));
        var atOnce = Math.Max(1, ConvertedNumbers / width);
        for (var row = 0L; row < count; row += atOnce)
        {
            using var part = NewDisposeScope();
            var rows = Math.Min(atOnce, count - row);
            var into = numbers.narrow(0, row, rows);
            var exact = type == ScalarType.Float32 ? into : empty(into.shape, ScalarType.Float32);
            Convert(tensor, data.narrow(0, start + row, rows), exact);
            if (type != ScalarType.Float32)
                into.copy_(exact);
        }
        return scope.MoveToOuter(numbers);
    }

    /// <param name="rows">[n], int64, on the CPU.</param>
    /// <returns>[n, columns of the matrix]: a copy of these rows.</returns>
    public Tensor Rows(string name, Tensor rows, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var tensor = _tensors[name];
        var stored = Data(tensor).index_select(0, rows);
        if (Floating(tensor.Type) is not null)
            return scope.MoveToOuter(stored.to_type(type));
        var numbers = empty([rows.shape[0], tensor.Dimensions[0]], ScalarType.Float32);
        Convert(tensor, stored, numbers);
        return scope.MoveToOuter(numbers.to_type(type));
    }

    public void Dispose()
    {
        foreach (var view in _views.Values)
            view.Dispose();
    }

    private static void Convert(GgufTensor tensor, Tensor blocks, Tensor numbers) =>
        QuantisedBlocks.Read(tensor.Type, blocks.bytes, MemoryMarshal.Cast<byte, float>(numbers.bytes));

    /// <summary>The tensor's numbers, or its blocks as [rows, bytes of a row].</summary>
    private Tensor Data(GgufTensor tensor)
    {
        using var scope = NewDisposeScope();
        var stored = Stored(tensor);
        var size = stored.ElementSize();
        long[] shape = Floating(tensor.Type) is null
            ? [tensor.Elements / tensor.Dimensions[0], tensor.Dimensions[0] / tensor.Type.BlockSize * tensor.Type.BlockBytes]
            : [.. tensor.Dimensions.Reverse()];
        return scope.MoveToOuter(
            _views[stored].narrow(0, (_file.DataOffset + tensor.Offset) / size, tensor.Bytes / size).view(shape));
    }

    private static ScalarType Stored(GgufTensor tensor) => Floating(tensor.Type) ?? ScalarType.Byte;
}
