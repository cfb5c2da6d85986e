using SPaR.Gguf;
using SPaR.Gguf.Blocks;
using SPaR.Integration.Tests.Gguf;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>A model's file with its matrices quantised by ggml, and the same numbers in F32.</summary>
internal static class QuantisedFile
{
    public static GgufTensorType Type(string name) =>
        Enumerable.Range(0, 64).Select(id => GgufTensorType.Find((uint)id)).First(type => type?.Name == name)!;

    /// <param name="source">In F32.</param>
    /// <param name="typeOf">The type of each matrix.</param>
    public static string Write(string path, string source, Func<string, GgufTensorType> typeOf)
    {
        var file = GgufReader.Read(source);
        var writer = new GgufWriter().AddMetadataOf(source, file, key => key == "general.file_type").Add("general.file_type", 7u)
            .Add("general.quantization_version", 2u);
        foreach (var tensor in file.Tensors)
        {
            var numbers = StoredNumbers.Of(source, tensor.Name);
            if (tensor.Dimensions.Length == 1)
                writer.Add(tensor.Name, numbers, [.. tensor.Dimensions]);
            else
                writer.Add(tensor.Name, typeOf(tensor.Name), tensor.Dimensions,
                    bytes => bytes.Write(Ggml.Quantise(typeOf(tensor.Name), numbers, (int)tensor.Dimensions[0])));
        }
        using var stream = File.Create(path);
        writer.Write(stream);
        return path;
    }

    /// <summary>The numbers that ggml reads from the file, all in F32.</summary>
    public static string Widen(string path, string wide)
    {
        var file = GgufReader.Read(path);
        var writer = new GgufWriter().AddMetadataOf(path, file, key => key is "general.file_type" or "general.quantization_version");
        foreach (var tensor in file.Tensors)
            writer.Add(tensor.Name, Numbers(path, file, tensor), [.. tensor.Dimensions]);
        using var stream = File.Create(wide);
        writer.Write(stream);
        return wide;
    }

    public static float[] Numbers(string path, GgufFile file, GgufTensor tensor) => QuantisedBlocks.Types.Contains(tensor.Type.Name)
        ? Ggml.Numbers(tensor.Type, File.ReadAllBytes(path)[(int)(file.DataOffset + tensor.Offset)..][..(int)tensor.Bytes])
        : StoredNumbers.Of(path, tensor.Name);
}
