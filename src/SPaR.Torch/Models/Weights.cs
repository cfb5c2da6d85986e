using SPaR.Abstractions;
using SPaR.Gguf;
using SPaR.Torch.Devices;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>The tensors of a GGUF file as tensors of torch, by name, and back. Knows nothing of what they are for.</summary>
internal static class Weights
{
    /// <param name="type">What the numbers become: the master copies.</param>
    /// <param name="place">Where they live.</param>
    /// <returns>Detached from any scope; the caller disposes them.</returns>
    /// <exception cref="ModelRejectedException">A tensor is quantised.</exception>
    public static Dictionary<string, Tensor> Read(string path, GgufFile file, ScalarType type, Device place)
    {
        foreach (var tensor in file.Tensors)
            if (Stored(tensor.Type) is null)
                throw new ModelRejectedException(
                    "unsupported-quantisation",
                    $"{path}: the tensor '{tensor.Name}' is {tensor.Type.Name}, which cannot be trained. Supported: F32, F16, BF16.");
        using var stream = File.OpenRead(path);
        var weights = new Dictionary<string, Tensor>();
        try
        {
            foreach (var tensor in file.Tensors)
            {
                using var scope = NewDisposeScope();
                var stored = zeros([.. tensor.Dimensions.Reverse()], Stored(tensor.Type));
                stream.Position = file.DataOffset + tensor.Offset;
                stream.ReadExactly(stored.bytes);
                weights.Add(tensor.Name, stored.to_type(type).to(place).DetachFromDisposeScope());
            }
            return weights;
        }
        catch
        {
            foreach (var weight in weights.Values)
                weight.Dispose();
            throw;
        }
    }

    /// <summary>Writes a file like <paramref name="source"/> with other numbers, each tensor in the type that it has there (rounded to
    /// nearest, ties to even), and names its source as its base model. It stands under its name whole or not at all.</summary>
    /// <param name="lineage">Metadata that are added, or replace those of the same name.</param>
    /// <exception cref="TrainingFailureException">A number is not finite in the type that it is to have.</exception>
    public static void Write(
        string path, string source, GgufFile file, Func<string, Tensor> weight, IReadOnlyDictionary<string, string> lineage)
    {
        var writer = new GgufWriter()
            .AddMetadataOf(source, file, key => key == "general.alignment" || BaseModel.IsOfTheParent(key) || lineage.ContainsKey(key))
            .AddBaseModel(source, file);
        foreach (var (key, value) in lineage)
            writer.Add(key, value);
        foreach (var tensor in file.Tensors)
            writer.Add(tensor.Name, tensor.Type, tensor.Dimensions, bytes =>
            {
                using var scope = NewDisposeScope();
                var rounded = weight(tensor.Name).detach().to_type(Stored(tensor.Type)!.Value);
                if (!rounded.isfinite().all().ToBoolean())
                    throw new TrainingFailureException(FailureCode.NotFinite,
                        $"The tensor '{tensor.Name}' has numbers that {tensor.Type.Name} cannot hold. "
                        + "Lower learning_rate, or start from a file of the model in F32 or BF16.");
                rounded.WriteTo(bytes.Write);
            });
        DurableFile.Write(path, writer.Write);
    }

    private static ScalarType? Stored(GgufTensorType type) => type.Name switch
    {
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        _ => null,
    };
}
