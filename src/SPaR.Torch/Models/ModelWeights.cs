using SPaR.Gguf;
using TorchSharp;

namespace SPaR.Torch.Models;

/// <summary>A model's weights by name. Those that are trained are held as master copies. Frozen ones stay in the mapped file: used in place
/// where they are stored in the type that a pass computes in, otherwise converted whenever they are needed. Thread-safe while nobody
/// changes the master copies.</summary>
internal sealed class ModelWeights : IDisposable
{
    private readonly Dictionary<string, Tensor> _held = [];
    private readonly MappedTensors? _file;

    private ModelWeights(MappedTensors? file) => _file = file;

    /// <summary>The weights that need no conversion: all master copies, or the frozen ones in the type of the pass.</summary>
    public IReadOnlyDictionary<string, Tensor> Held => _held;

    /// <summary>Master copies of all weights, of which none is quantised.</summary>
    /// <param name="type">Of the copies.</param>
    /// <param name="device">Where they are kept.</param>
    public static ModelWeights Trained(string path, GgufFile file, ScalarType type, Device device)
    {
        using var mapped = new MappedTensors(path, file);
        return new ModelWeights(null).Hold(mapped, name => mapped.Read(name, type).to(device));
    }

    /// <summary>Weights that never change. A GPU holds all of them in the type of the pass.</summary>
    /// <param name="type">Of the pass.</param>
    public static ModelWeights Frozen(string path, GgufFile file, ScalarType type, Device device)
    {
        var mapped = new MappedTensors(path, file);
        return new ModelWeights(mapped).Hold(mapped, name => device.type == DeviceType.CPU
            ? mapped.InPlace(name, type)
            : mapped.Read(name, type).to(device));
    }

    public bool Has(string name) => _held.ContainsKey(name) || _file is not null && _file.Has(name);

    /// <returns>The held tensor in its type, or a copy in the type asked for.</returns>
    public Tensor Of(string name, ScalarType type) => _held.GetValueOrDefault(name) ?? _file!.Read(name, type);

    /// <returns>Adjacent rows of a matrix, or adjacent numbers of a vector: of a frozen weight a copy of the file's numbers, in the type
    /// asked for and on the CPU; else a view of the master copy.</returns>
    public Tensor Rows(string name, long start, long count, ScalarType type) =>
        _file?.Rows(name, start, count, type) ?? _held[name].narrow(0, start, count);

    /// <param name="rows">[n], int64.</param>
    /// <returns>[n, columns]: copies of rows of a matrix that is not held.</returns>
    public Tensor Rows(string name, Tensor rows, ScalarType type) => _file!.Rows(name, rows, type);

    public void Dispose()
    {
        foreach (var weight in _held.Values)
            weight.Dispose();
        _file?.Dispose();
    }

    /// <param name="read">Null for a weight that is not held.</param>
    private ModelWeights Hold(MappedTensors mapped, Func<string, Tensor?> read)
    {
        try
        {
            foreach (var name in mapped.Names)
            {
                using var scope = NewDisposeScope();
                if (read(name) is { } weight)
                    _held.Add(name, weight.DetachFromDisposeScope());
            }
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }
}
