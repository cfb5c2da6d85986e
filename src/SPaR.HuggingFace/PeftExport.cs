using System.Text.Json;
using SPaR.Gguf;
using SPaR.HuggingFace.Families;
using SPaR.HuggingFace.Peft;
using SPaR.HuggingFace.Safetensors;

namespace SPaR.HuggingFace;

/// <summary>Converts an adapter in llama.cpp's format to a PEFT folder.</summary>
public static class PeftExport
{
    private const string A = ".lora_a", B = ".lora_b";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <param name="path">The adapter's GGUF file.</param>
    /// <param name="basePath">The GGUF file of the base model.</param>
    /// <param name="folder">Is created, and is complete when the call returns. A call that fails leaves no folder.</param>
    /// <exception cref="ModelRejectedException">The file is no adapter or for another base, or the folder exists.</exception>
    public static void Run(string path, string basePath, string folder, CancellationToken stop = default)
    {
        var file = GgufReader.Read(path);
        if (file.Metadata.GetValueOrDefault("general.type") is not "adapter"
            || file.Metadata.GetValueOrDefault("adapter.type") is not "lora"
            || file.Metadata.GetValueOrDefault("adapter.lora.alpha") is not double alpha)
            throw new ModelRejectedException("not-an-adapter", $"{path}: is not a LoRA adapter in llama.cpp's format. Name an adapter.");
        var model = AdapterBase.Read(basePath);
        var pairs = Match(path, file, model);
        var config = new PeftConfig((int)pairs[0].A.Dimensions[1], (float)alpha);
        foreach (var (pair, a, b) in pairs)
            model.RequireShapes(path, pair, a.Dimensions.Reverse(), b.Dimensions.Reverse(), config.Rank);
        using var source = File.OpenHandle(path);
        var writer = new SafetensorsWriter("adapter_model");
        foreach (var (pair, a, b) in pairs)
        {
            var name = "base_model.model." + pair.HuggingFace[..^".weight".Length];
            Add(name + ".lora_A.weight", a, null);
            Add(name + ".lora_B.weight", b, TensorCopy.ToHuggingFace(pair.Change, model.Shape));
        }
        NewFolder.Write(folder, target =>
        {
            SourceFiles.WriteText(Path.Combine(target, SourceFiles.Adapter), ConfigText(path, file, config, basePath, model, pairs));
            writer.Write(target);
        });

        void Add(string name, GgufTensor tensor, Func<long, long>? order)
        {
            var type = TensorCopy.Types.FirstOrDefault(t => t.Gguf == tensor.Type).Safetensors ?? throw new ModelRejectedException(
                "quantised-model", $"{path}: the tensor '{tensor.Name}' has the type {tensor.Type.Name}; PEFT has F32, F16 or BF16. "
                + "Export the adapter as it was trained.");
            var offset = file.DataOffset + tensor.Offset;
            TensorCopy.RequireFinite(path, tensor.Name, source, offset, tensor.Bytes, type);
            var rows = tensor.Dimensions[1];
            writer.Add(
                name, type, [.. tensor.Dimensions.Reverse()],
                target => TensorCopy.Rows(source, offset, rows, tensor.Bytes / rows, order, target, stop));
        }
    }

    private static List<(TensorPair Pair, GgufTensor A, GgufTensor B)> Match(string path, GgufFile file, AdapterBase model)
    {
        var tensors = file.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        List<(TensorPair, GgufTensor, GgufTensor)> pairs = [];
        foreach (var name in tensors.Keys.Select(k => k.EndsWith(A, StringComparison.Ordinal) || k.EndsWith(B, StringComparison.Ordinal)
            ? k[..^A.Length] : k).Distinct(StringComparer.Ordinal))
        {
            if (!tensors.TryGetValue(name + A, out var a) || !tensors.TryGetValue(name + B, out var b) || a.Dimensions.Length != 2
                || b.Dimensions.Length != 2)
                throw new ModelRejectedException(
                    "not-an-adapter", $"{path}: the tensor '{name}' needs two factors, {A} and {B}. Train or convert the adapter again.");
            pairs.Add((model.Find(path, name, p => p.Gguf == name), a, b));
        }
        return pairs.Count > 0 ? pairs
            : throw new ModelRejectedException("not-an-adapter", $"{path}: has no tensors. Train or convert the adapter again.");
    }

    /// <summary>The config that the adapter came with, if it still says the same.</summary>
    private static string ConfigText(
        string path, GgufFile file, PeftConfig config, string basePath, AdapterBase model,
        List<(TensorPair Pair, GgufTensor A, GgufTensor B)> pairs)
    {
        if (SourceFiles.Kept(path, file, SourceFiles.Adapter) is { } kept && PeftConfig.Read(kept) == config)
            return SourceFiles.KeptText(file, SourceFiles.Adapter)!;
        var names = pairs.Select(p => p.Pair.HuggingFace[..^".weight".Length]).ToList();
        var ends = names.Select(n => n[(n.LastIndexOf('.') + 1)..]).Distinct().ToList();
        // Ends of names would change matrices that this adapter leaves alone.
        var all = model.Matrices.Count(m => ends.Any(e => m.HuggingFace.EndsWith($".{e}.weight", StringComparison.Ordinal)));
        return config.Write(Path.GetFileNameWithoutExtension(basePath), all == names.Count ? ends : names).ToJsonString(Indented);
    }
}
