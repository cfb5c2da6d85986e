using SPaR.Gguf;
using SPaR.Torch.Devices;
using TorchSharp;

namespace SPaR.Torch.Models;

/// <summary>Reads the tensors of a GGUF file as torch tensors, by name, and writes them. Does not know what they are for.</summary>
internal static class Weights
{
    /// <param name="type">The type of the master copies.</param>
    /// <param name="device">Where they are kept.</param>
    /// <returns>Detached from every scope; the caller disposes of them.</returns>
    /// <exception cref="ModelRejectedException">A tensor is quantised.</exception>
    public static Dictionary<string, Tensor> Read(string path, GgufFile file, ScalarType type, Device device)
    {
        foreach (var tensor in file.Tensors)
            if (Stored(tensor.Type) is null)
                throw new ModelRejectedException(
                    "unsupported-quantisation",
                    $"{path}: the tensor '{tensor.Name}' is {tensor.Type.Name}, which cannot be trained. Supported: F32, F16, BF16.");
        using var stream = RegularFile.OpenRead(path);
        var weights = new Dictionary<string, Tensor>();
        try
        {
            foreach (var tensor in file.Tensors)
            {
                using var scope = NewDisposeScope();
                var stored = zeros([.. tensor.Dimensions.Reverse()], Stored(tensor.Type));
                stream.Position = file.DataOffset + tensor.Offset;
                stream.ReadExactly(stored.bytes);
                weights.Add(tensor.Name, stored.to_type(type).to(device).DetachFromDisposeScope());
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

    /// <summary>Writes a file like <paramref name="source"/> with other weights, each tensor in its type there (rounded to nearest, ties
    /// to even), and names the source as its base model. The file is written completely or not at all.</summary>
    /// <param name="lineage">Metadata to add or to replace.</param>
    /// <exception cref="TrainingFailureException">A number is not finite in its tensor's type.</exception>
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
