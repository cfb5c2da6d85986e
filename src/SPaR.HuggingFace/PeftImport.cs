using SPaR.Gguf;
using SPaR.HuggingFace.Families;
using SPaR.HuggingFace.Json;
using SPaR.HuggingFace.Peft;
using SPaR.HuggingFace.Safetensors;

namespace SPaR.HuggingFace;

/// <summary>Converts a PEFT folder (adapter_config.json, adapter_model.safetensors) to an adapter in llama.cpp's format.</summary>
public static class PeftImport
{
    private const string Stem = "adapter_model", Prefix = "base_model.model.", A = ".lora_A.weight", B = ".lora_B.weight";

    /// <summary>Whether a folder has an adapter and not a model.</summary>
    public static bool IsAdapter(string folder) => File.Exists(Path.Combine(folder, SourceFiles.Adapter));

    /// <param name="basePath">The GGUF file of the base model.</param>
    /// <param name="target">The adapter's GGUF file; exists completely afterwards, or not at all.</param>
    /// <exception cref="ModelRejectedException">The adapter is malformed, of another kind or for another base. The message names file,
    /// field or tensor, and the next step.</exception>
    public static void Run(string folder, string basePath, string target, CancellationToken stop = default)
    {
        var json = JsonFields.Read(Path.Combine(folder, SourceFiles.Adapter), SourceFiles.MaxJson);
        var config = PeftConfig.Read(json);
        var model = AdapterBase.Read(basePath);
        var tensors = SafetensorsFolder.Read(folder, Stem);
        var pairs = Match(folder, config, model, tensors);
        var writer = new GgufWriter().Add("general.type", "adapter").Add("general.architecture", model.Architecture)
            .Add("general.name", new DirectoryInfo(folder).Name).Add("adapter.type", "lora").Add("adapter.lora.alpha", config.Alpha);
        SourceFiles.KeepAdapter(writer, json);
        using var file = File.OpenHandle(tensors.Values.First().Path);
        foreach (var (pair, a, b) in pairs)
        {
            Add(pair.Gguf + ".lora_a", a, null);
            Add(pair.Gguf + ".lora_b", b, TensorCopy.ToGguf(pair.Change, model.Shape));
        }
        DurableFile.Write(target, writer.Write);

        void Add(string name, LocatedTensor tensor, Func<long, long>? order)
        {
            TensorCopy.RequireFinite(tensor.Path, tensor.Name, file, tensor.Tensor.Offset, tensor.Tensor.Bytes, tensor.Type);
            writer.Add(
                name, TensorCopy.Types.Single(t => t.Safetensors == tensor.Type).Gguf, [.. tensor.Shape.Reverse()],
                w => TensorCopy.Rows(
                    file, tensor.Tensor.Offset, tensor.Shape[0], tensor.Tensor.Bytes / tensor.Shape[0], order, w.BaseStream, stop));
        }
    }

    private static List<(TensorPair Pair, LocatedTensor A, LocatedTensor B)> Match(
        string folder, PeftConfig config, AdapterBase model, IReadOnlyDictionary<string, LocatedTensor> tensors)
    {
        if (tensors.Count == 0)
            throw new ModelRejectedException("unsupported-adapter", $"{folder}: the adapter has no tensors. Save it again.");
        List<(TensorPair, LocatedTensor, LocatedTensor)> pairs = [];
        foreach (var name in tensors.Keys.Select(k => TargetOf(folder, tensors, k)).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal))
        {
            var (a, b) = (tensors[Prefix + name + A], tensors[Prefix + name + B]);
            var pair = model.Find(a.Path, name, p => p.HuggingFace == name + ".weight");
            model.RequireShapes(a.Path, pair, a.Shape, b.Shape, config.Rank);
            foreach (var tensor in new[] { a, b })
                if (!TensorCopy.Types.Any(t => t.Safetensors == tensor.Type))
                    throw new ModelRejectedException(
                        "unsupported-dtype", $"{tensor.Path}: the tensor '{tensor.Name}' has the dtype {tensor.Type.Name}. "
                        + "Save the adapter in F32, F16 or BF16.");
            pairs.Add((pair, a, b));
        }
        return pairs;
    }

    /// <returns>The name of the matrix that the tensor is a factor for.</returns>
    private static string TargetOf(string folder, IReadOnlyDictionary<string, LocatedTensor> tensors, string name)
    {
        var end = name.EndsWith(A, StringComparison.Ordinal) ? A : name.EndsWith(B, StringComparison.Ordinal) ? B : null;
        if (end is null || !name.StartsWith(Prefix, StringComparison.Ordinal))
            throw new ModelRejectedException(
                "unsupported-adapter", $"{tensors[name].Path}: has the tensor '{name}'; only factors of matrices "
                + $"({Prefix}…{A} and …{B}) can be "
                + "converted. Train a plain LoRA of the layers' matrices, or merge the adapter into its base and import that.");
        var target = name[Prefix.Length..^end.Length];
        var other = Prefix + target + (end == A ? B : A);
        return tensors.ContainsKey(other) ? target : throw new ModelRejectedException(
            "malformed", $"{folder}: the adapter has the tensor '{name}' without '{other}'. Save it again.");
    }
}
