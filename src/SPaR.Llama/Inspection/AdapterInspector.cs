using SPaR.Gguf;

namespace SPaR.Llama.Inspection;

/// <summary>Checks in managed code that a LoRA adapter fits its base, before llama.cpp opens it.</summary>
internal static class AdapterInspector
{
    private const string A = ".lora_a", B = ".lora_b", Embedding = "token_embd.weight", ArchitectureKey = "general.architecture";

    private static readonly KeyRule Alpha = new("adapter.lora.alpha", GgufValueType.Float32, -1e6, 1e6);

    /// <param name="path">The adapter's file.</param>
    /// <param name="basePath">The base model's file.</param>
    /// <param name="model">The metadata of the base.</param>
    /// <exception cref="ModelRejectedException">With the codes of <see cref="GgufReader.Read"/>, <c>not-an-adapter</c> or
    /// <c>adapter-mismatch</c>.</exception>
    public static GgufFile Read(string path, string basePath, GgufFile model)
    {
        var adapter = GgufReader.Read(path);
        var metadata = new Metadata(path, adapter);
        CheckKind(path, adapter, metadata);
        var (own, other) = (metadata.Text(ArchitectureKey), new Metadata(basePath, model).Text(ArchitectureKey));
        if (own != other)
            throw Mismatch(path, basePath, $"is for the architecture '{own}', but the base has '{other}'");
        var weights = model.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var tensors = adapter.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        foreach (var name in tensors.Keys.Select(Target).Distinct())
        {
            if (name is null || !tensors.TryGetValue(name + A, out var a) || !tensors.TryGetValue(name + B, out var b))
                throw NoAdapter(path, $"has {Unpaired(tensors.Keys)}; each matrix needs a {A} and a {B}, and nothing else");
            if (!weights.TryGetValue(name, out var weight))
                throw Mismatch(path, basePath, $"changes the matrix '{name}', which the base does not have");
            if (IsFixed(weight, model, basePath))
                throw NoAdapter(path, $"changes the matrix '{name}', which llama.cpp cannot in this base");
            if (new[] { a, b }.FirstOrDefault(t => !TensorCheck.CanMultiply(t)) is { } odd)
                throw NoAdapter(
                    path, $"has the tensor '{odd.Name}' of the type {odd.Type.Name}; it must be one of {TensorCheck.AllMatrixTypes}");
            if (!Fits(a, b, weight))
                throw Mismatch(
                    path, basePath,
                    $"has {TensorCheck.Shown(a.Dimensions)} and {TensorCheck.Shown(b.Dimensions)} for the matrix '{name}', which has "
                    + $"{TensorCheck.Shown(weight.Dimensions)} in the base");
        }
        return adapter;
    }

    private static void CheckKind(string path, GgufFile file, Metadata metadata)
    {
        if (metadata.Text("general.type") is var type and not "adapter")
            throw NoAdapter(path, $"holds '{type ?? "model"}'");
        if (metadata.Text("adapter.type") is var form and not "lora")
            throw NoAdapter(path, $"holds an adapter of the kind '{form}'; 'lora' is supported");
        if (metadata.Has("adapter.alora.invocation_tokens"))
            throw NoAdapter(path, "is an activated LoRA (aLoRA), which is not supported");
        Alpha.Check(metadata);
        if (file.Tensors.IsEmpty)
            throw NoAdapter(path, "has no weights");
    }

    private static bool IsFixed(GgufTensor weight, GgufFile model, string basePath) =>
        // llama.cpp would take the factors of the embedding for those of the output.
        weight.Name == Embedding ? model.Tensors.All(t => t.Name != "output.weight")
        : weight.Name.Split('.') is ["blk", _, var part, "weight"]
            && Architectures.Named(basePath, (string)model.Metadata[ArchitectureKey]).FixedMatrices.Contains(part);

    /// <summary>W [in, out], A [in, rank], B [rank, out]. For the embedding, whose columns are looked up: A [rank, out],
    /// B [rank, in].</summary>
    private static bool Fits(GgufTensor a, GgufTensor b, GgufTensor weight) =>
        (a.Dimensions, b.Dimensions, weight.Dimensions) is ([var a0, var a1], [var b0, var b1], [var input, var output])
        && (weight.Name == Embedding
            ? a0 == b0 && a1 == output && b1 == input
            : a1 == b0 && a0 == input && b1 == output);

    private static string? Target(string name) =>
        name.EndsWith(A, StringComparison.Ordinal) || name.EndsWith(B, StringComparison.Ordinal) ? name[..^A.Length] : null;

    private static string Unpaired(IReadOnlyCollection<string> names) =>
        names.First(n => Target(n) is not { } target || !names.Contains(target + A) || !names.Contains(target + B));

    private static ModelRejectedException NoAdapter(string path, string what) =>
        new("not-an-adapter", $"{path}: {what}. Use a LoRA adapter in llama.cpp's format.");

    private static ModelRejectedException Mismatch(string path, string basePath, string what) =>
        new("adapter-mismatch", $"{path}: {what}. It was not trained from {basePath}; name its own base model.");
}
