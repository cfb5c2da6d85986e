using SPaR.Gguf;
using SPaR.Torch.Devices;

namespace SPaR.Torch.Models;

/// <summary>Low-rank adapters of frozen matrices (arXiv 2106.09685): y = W x + (alpha / rank) B (A dropout(x)).</summary>
internal sealed class Lora : IDisposable
{
    private readonly LoraOptions _options;

    /// <param name="matrices">Those that get an adapter.</param>
    /// <param name="type">Of the adapters.</param>
    public Lora(LoraOptions options, IEnumerable<GgufTensor> matrices, ScalarType type, Device device, long seed)
    {
        _options = options;
        using var random = new Generator((ulong)seed);
        foreach (var matrix in matrices)
        {
            using var scope = NewDisposeScope();
            var (name, output, input) = (matrix.Name, matrix.Dimensions[1], matrix.Dimensions[0]);
            // A is random, the same in every precision; B is zero, so that at first the adapter changes nothing.
            var drawn = randn([options.R, input], ScalarType.Float32, generator: random) / Math.Sqrt(input);
            Adapters[A(name)] = drawn.to_type(type).to(device).DetachFromDisposeScope();
            Adapters[B(name)] = zeros([output, options.R], type, device).DetachFromDisposeScope();
        }
    }

    /// <summary>A [rank, in] and B [out, rank] of each target, named after the target with <c>.lora_a</c> or <c>.lora_b</c>.</summary>
    public Dictionary<string, Tensor> Adapters { get; } = [];

    private double Scale => _options.LoraAlpha / _options.R;

    public bool Has(string name) => Adapters.ContainsKey(A(name));

    /// <summary>Adds the adapter's output to that of its matrix.</summary>
    /// <param name="x">[n, in]</param>
    /// <param name="y">[n, out], added to in place.</param>
    /// <param name="dropout">The seed of dropout; null for none.</param>
    public void Forward(string name, Tensor x, Tensor y, ulong? dropout)
    {
        var (a, b) = Matrices(name, x.dtype);
        var low = (Kept(x, dropout) is { } kept ? x * kept : x).mm(a.transpose(0, 1)); // [n, rank]
        y.addmm_(low, b.transpose(0, 1), 1, (float)Scale);
    }

    /// <summary>Adds to the gradients of A, B and x.</summary>
    /// <param name="dy">[n, out]</param>
    /// <param name="dx">[n, in]</param>
    public void Backward(string name, Tensor x, Tensor dy, ulong? dropout, Gradients gradients, Tensor dx)
    {
        var (a, b) = Matrices(name, x.dtype);
        var kept = Kept(x, dropout);
        var input = kept is null ? x : x * kept;
        var dlow = dy.mm(b).mul_(Scale); // [n, rank]
        gradients.AddProduct(B(name), dy, input.mm(a.transpose(0, 1)).mul_(Scale));
        gradients.AddProduct(A(name), dlow, input);
        if (kept is null)
            dx.addmm_(dlow, a, 1, 1);
        else
            dx.addcmul_(dlow.mm(a), kept, 1);
    }

    /// <summary>W + (alpha / rank) B A; W itself where it has no adapter.</summary>
    /// <param name="weight">Adjacent rows of W, from <paramref name="start"/>.</param>
    public Tensor Merge(string name, long start, Tensor weight) => Adapters.TryGetValue(A(name), out var a)
        ? weight + matmul(Adapters[B(name)].narrow(0, start, weight.shape[0]), a).to(weight.device) * Scale
        : weight;

    /// <summary>Writes the adapter in llama.cpp's format, complete or not at all.</summary>
    /// <param name="source">The base model's file.</param>
    /// <param name="lineage">Metadata to add.</param>
    public void Save(string path, string source, GgufFile file, IReadOnlyDictionary<string, string> lineage)
    {
        var writer = new GgufWriter().Add("general.type", "adapter")
            .Add("general.architecture", (string)file.Metadata["general.architecture"])
            .Add("adapter.type", "lora").Add("adapter.lora.alpha", (float)_options.LoraAlpha)
            .AddBaseModel(source, file);
        foreach (var (key, value) in lineage)
            writer.Add(key, value);
        foreach (var (name, tensor) in Adapters)
            writer.Add(name, GgufTensorType.F32, [.. tensor.shape.Reverse()], bytes =>
            {
                using var scope = NewDisposeScope();
                tensor.to_type(ScalarType.Float32).WriteTo(bytes.Write);
            });
        DurableFile.Write(path, writer.Write);
    }

    public void Dispose()
    {
        foreach (var tensor in Adapters.Values)
            tensor.Dispose();
    }

    private static string A(string name) => $"{name}.lora_a";

    private static string B(string name) => $"{name}.lora_b";

    private (Tensor A, Tensor B) Matrices(string name, ScalarType type) =>
        (Adapters[A(name)].to_type(type), Adapters[B(name)].to_type(type));

    /// <summary>Dropout's mask, of x's shape: 0 where it drops, 1 / (1 − p) elsewhere. Null when nothing is dropped.</summary>
    private Tensor? Kept(Tensor x, ulong? dropout)
    {
        if (dropout is not { } seed || _options.LoraDropout == 0)
            return null;
        using var random = new Generator(seed);
        // Drawn on the CPU: a seed drops the same numbers on every device.
        var kept = rand(x.shape, ScalarType.Float32, generator: random).ge(_options.LoraDropout).to(x.device);
        return kept.to_type(x.dtype).mul_(1 / (1 - _options.LoraDropout));
    }
}
