using SPaR.Abstractions;
using SPaR.Gguf;
using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>Low-rank adapters beside frozen matrices (arXiv 2106.09685): y = W x + (alpha / rank) B (A dropout(x)).</summary>
internal sealed class Lora : IDisposable
{
    private readonly LoraOptions _options;

    /// <param name="weights">All of the model's; those that <see cref="LoraOptions.Targets"/> names get an adapter.</param>
    public Lora(LoraOptions options, IReadOnlyDictionary<string, Tensor> weights, long seed)
    {
        _options = options;
        manual_seed(seed);
        foreach (var (name, weight) in weights.Where(w => options.Targets.Any(t => w.Key.EndsWith($".{t}.weight", StringComparison.Ordinal))))
        {
            using var scope = NewDisposeScope();
            var (output, input) = (weight.shape[0], weight.shape[1]);
            // A random, B zero: at the start the adapter changes nothing.
            Adapters[A(name)] = (randn([options.Rank, input], weight.dtype) / Math.Sqrt(input)).DetachFromDisposeScope().requires_grad_();
            Adapters[B(name)] = zeros([output, options.Rank], weight.dtype).DetachFromDisposeScope().requires_grad_();
        }

        if (Adapters.Count == 0)
            throw new ModelRejectedException(
                "no-lora-target", $"The model has none of the matrices {string.Join(", ", options.Targets)}; name others in lora.targets.");
    }

    /// <summary>A [rank, input] and B [output, rank] of each target, by the target's name and <c>.lora_a</c> or <c>.lora_b</c>.</summary>
    public Dictionary<string, Tensor> Adapters { get; } = [];

    private double Scale => _options.Alpha / _options.Rank;

    /// <summary>What the adapter of a matrix adds to its product with <paramref name="x"/>; null where it has none.</summary>
    public Tensor? Delta(string name, Tensor x, bool train)
    {
        if (!Adapters.TryGetValue(A(name), out var a))
            return null;
        var input = train && _options.Dropout > 0 ? nn.functional.dropout(x, _options.Dropout) : x;
        var low = nn.functional.linear(input, a.to_type(x.dtype));
        return nn.functional.linear(low, Adapters[B(name)].to_type(x.dtype)) * Scale;
    }

    /// <summary>W + (alpha / rank) B A; W itself where it has no adapter.</summary>
    public Tensor Merge(string name, Tensor weight) =>
        Adapters.TryGetValue(A(name), out var a) ? weight.detach() + matmul(Adapters[B(name)].detach(), a.detach()) * Scale : weight;

    /// <summary>Writes the adapter in llama.cpp's form. The file stands under its name whole or not at all.</summary>
    public void Save(string path)
    {
        var writer = new GgufWriter().Add("general.type", "adapter").Add("general.architecture", ModelConfig.Architecture)
            .Add("adapter.type", "lora").Add("adapter.lora.alpha", (float)_options.Alpha);
        foreach (var (name, tensor) in Adapters)
            writer.Add(name, GgufTensorType.F32, [.. tensor.shape.Reverse()], bytes =>
            {
                using var scope = NewDisposeScope();
                bytes.Write(tensor.detach().to_type(ScalarType.Float32).contiguous().bytes);
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
}
