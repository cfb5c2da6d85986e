using SPaR.HuggingFace.Json;

namespace SPaR.HuggingFace.Safetensors;

/// <summary>A tensor and the file that has it.</summary>
internal sealed record LocatedTensor(string Path, SafetensorsTensor Tensor)
{
    public string Name => Tensor.Name;

    public SafetensorsType Type => Tensor.Type;

    public ImmutableArray<long> Shape => Tensor.Shape;
}

/// <summary>The weights of a folder: one file, or shards that an index lists.</summary>
internal static class SafetensorsFolder
{
    private const int MaxIndex = 64 << 20, MaxShards = 10_000;

    /// <param name="stem">The files' names without number and extension.</param>
    /// <returns>The tensors by name.</returns>
    /// <exception cref="ModelRejectedException">With the codes of <see cref="SafetensorsReader.Read"/>, <c>missing-shard</c>,
    /// <c>duplicate-tensor</c> or <c>index-mismatch</c>.</exception>
    public static IReadOnlyDictionary<string, LocatedTensor> Read(string folder, string stem = "model")
    {
        var (single, index) = (Path.Combine(folder, stem + ".safetensors"), Path.Combine(folder, stem + ".safetensors.index.json"));
        if (File.Exists(index) && File.Exists(single))
            throw new ModelRejectedException(
                "index-mismatch", $"{folder}: has both {Path.GetFileName(single)} and {Path.GetFileName(index)}. "
                + "Remove the one that is old.");
        return File.Exists(index) ? ReadShards(folder, index) : ReadSingle(folder, single);
    }

    private static Dictionary<string, LocatedTensor> ReadSingle(string folder, string path)
    {
        if (!File.Exists(path))
            throw new ModelRejectedException(
                "not-found", $"{folder}: has neither {Path.GetFileName(path)} nor an index of shards, {Path.GetFileName(path)}.index.json. "
                + "Download the missing file; weights of another format (.bin, .pth) must be saved as safetensors.");
        return SafetensorsReader.Read(path).Tensors.ToDictionary(t => t.Name, t => new LocatedTensor(path, t), StringComparer.Ordinal);
    }

    private static Dictionary<string, LocatedTensor> ReadShards(string folder, string index)
    {
        var map = JsonFields.Read(index, MaxIndex).Nested("weight_map")
            ?? throw new ModelRejectedException("malformed", $"{index}: has no 'weight_map'. Download it again.");
        var shards = map.Object.EnumerateObject().ToDictionary(p => p.Name, p => map.RequiredText(p.Name), StringComparer.Ordinal);
        var names = shards.Values.Distinct(StringComparer.Ordinal).ToList();
        if (names.Count > MaxShards)
            throw new ModelRejectedException("malformed", $"{index}: names {names.Count} shards; at most {MaxShards} are allowed.");
        foreach (var name in names)
            CheckName(folder, index, name);
        var tensors = new Dictionary<string, LocatedTensor>(StringComparer.Ordinal);
        foreach (var name in names)
            foreach (var tensor in SafetensorsReader.Read(Path.Combine(folder, name)).Tensors)
                Add(tensors, new LocatedTensor(Path.Combine(folder, name), tensor), index, shards);
        if (shards.Keys.FirstOrDefault(t => !tensors.ContainsKey(t)) is { } missing)
            throw new ModelRejectedException(
                "index-mismatch", $"{index}: says that {shards[missing]} has the tensor '{missing}', but it does not. "
                + "Download both files again.");
        return tensors;
    }

    /// <summary>An index may name files of its own folder only.</summary>
    private static void CheckName(string folder, string index, string name)
    {
        if (name != Path.GetFileName(name) || !name.EndsWith(".safetensors", StringComparison.Ordinal))
            throw new ModelRejectedException(
                "malformed", $"{index}: names the shard '{name}', which is not the name of a safetensors file in this folder. "
                + "Download it again.");
        if (!File.Exists(Path.Combine(folder, name)))
            throw new ModelRejectedException(
                "missing-shard", $"{folder}: has no {name}, which {Path.GetFileName(index)} lists. Download the missing shard.");
    }

    private static void Add(
        Dictionary<string, LocatedTensor> tensors, LocatedTensor tensor, string index, Dictionary<string, string> shards)
    {
        if (tensors.TryGetValue(tensor.Name, out var other))
            throw new ModelRejectedException(
                "duplicate-tensor", $"{tensor.Path}: has the tensor '{tensor.Name}', which {other.Path} has too. "
                + "Remove the shards of another version, and download these again.");
        if (!shards.TryGetValue(tensor.Name, out var shard) || shard != Path.GetFileName(tensor.Path))
            throw new ModelRejectedException(
                "index-mismatch", $"{tensor.Path}: has the tensor '{tensor.Name}', which {index} {(shard is null ? "does not list"
                    : $"lists in {shard}")}. Download both files again.");
        tensors.Add(tensor.Name, tensor);
    }
}
