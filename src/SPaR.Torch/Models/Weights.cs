using SPaR.Gguf;
using SPaR.Torch.Devices;
using TorchSharp;

namespace SPaR.Torch.Models;

/// <summary>Adjacent rows of a weight, or adjacent numbers of a vector.</summary>
internal delegate Tensor WeightRows(string name, long start, long count);

/// <summary>Writes a model's weights as a GGUF file. Does not know what they are for.</summary>
internal static class Weights
{
    // Rounded at a time: 64 MiB in F32.
    private const long Numbers = 1 << 24;

    private const string FileType = "general.file_type", QuantisationVersion = "general.quantization_version";

    private const uint MostlyF16 = 1;

    /// <summary>Writes a file like <paramref name="source"/> with other weights and names the source as its base model. Each tensor has its
    /// type there, or F16 where it is quantised there; numbers are rounded to nearest, ties to even. The file is written completely or not
    /// at all.</summary>
    /// <param name="lineage">Metadata to add or to replace.</param>
    /// <exception cref="TrainingFailureException">A number is not finite in its tensor's type.</exception>
    public static void Write(
        string path, string source, GgufFile file, WeightRows weight, IReadOnlyDictionary<string, string> lineage)
    {
        var unpacked = file.Tensors.Any(t => TypeOf(t) != t.Type);
        var writer = new GgufWriter()
            .AddMetadataOf(source, file, key => key == "general.alignment" || BaseModel.IsOfTheParent(key) || lineage.ContainsKey(key)
                || unpacked && key is FileType or QuantisationVersion)
            .AddBaseModel(source, file);
        if (unpacked)
            writer.Add(FileType, MostlyF16);
        foreach (var (key, value) in lineage)
            writer.Add(key, value);
        foreach (var tensor in file.Tensors)
            writer.Add(tensor.Name, TypeOf(tensor), tensor.Dimensions, bytes => Write(bytes, tensor, weight));
        DurableFile.Write(path, writer.Write);
    }

    private static void Write(BinaryWriter bytes, GgufTensor tensor, WeightRows weight)
    {
        var (rows, type) = (tensor.Dimensions[^1], TypeOf(tensor));
        var atOnce = Math.Max(1, Numbers / (tensor.Elements / rows));
        for (var start = 0L; start < rows; start += atOnce)
        {
            using var scope = NewDisposeScope();
            var numbers = weight(tensor.Name, start, Math.Min(atOnce, rows - start)).detach();
            var rounded = numbers.to_type(MappedTensors.Floating(type)!.Value);
            if (!rounded.isfinite().all().ToBoolean())
                throw new TrainingFailureException(FailureCode.NotFinite,
                    $"The tensor '{tensor.Name}' has numbers that {type.Name} cannot hold. "
                    + "Lower learning_rate, or start from a file of the model in F32 or BF16.");
            rounded.WriteTo(bytes.Write);
        }
    }

    private static GgufTensorType TypeOf(GgufTensor tensor) =>
        MappedTensors.Floating(tensor.Type) is null ? GgufTensorType.F16 : tensor.Type;
}
