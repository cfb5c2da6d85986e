using System.Collections.Immutable;
using SPaR.Gguf;
using SPaR.Llama.Templates;

namespace SPaR.Llama.Inspection;

/// <summary>Checks a model file and describes it, in managed code only.</summary>
internal sealed class GgufInspector : IModelInspector
{
    public IReadOnlyList<string> Templates => ChatTemplates.Names;

    public ModelDescription Inspect(string path, string? template) => Describe(path, GgufReader.Read(path), template);

    public AdapterDescription InspectAdapter(string path, string basePath)
    {
        var tensors = AdapterInspector.Read(path, basePath, GgufReader.Read(basePath)).Tensors;
        return new AdapterDescription(tensors.Sum(t => t.Elements), CommonType(tensors));
    }

    /// <param name="file">Its parsed header.</param>
    public static ModelDescription Describe(string path, GgufFile file, string? template)
    {
        var architecture = Text(file, "general.architecture") ?? throw Malformed(path, "has no general.architecture");
        if (!Architectures.Known.Contains(architecture))
            throw new ModelRejectedException(
                "unknown-architecture",
                $"{path}: has the unsupported architecture '{architecture}'. Use one of: {string.Join(", ", Architectures.Known)}.");
        if (Text(file, "general.type") is { } type and not "model")
            throw Malformed(path, $"holds '{type}', not a model. Register an adapter together with its base model");
        if (Integer(file, "split.count") > 1)
            throw Malformed(path, "is one part of a split model. Merge the parts first (llama-gguf-split --merge)");
        if (file.Tensors.IsEmpty)
            throw Malformed(path, "has no weights");
        foreach (var key in new[] { "block_count", "embedding_length", "attention.head_count" })
            Require(path, file, $"{architecture}.{key}");
        return new ModelDescription(
            architecture,
            Text(file, "general.name"),
            file.Tensors.Sum(t => t.Elements),
            Require(path, file, $"{architecture}.context_length"),
            VocabularySize(path, file),
            CommonType(file.Tensors),
            template is null
                ? ChatTemplates.Recognise(path, Text(file, "tokenizer.chat_template"))
                : ChatTemplates.Named(path, template));
    }

    private static string CommonType(ImmutableArray<GgufTensor> tensors) =>
        tensors.GroupBy(t => t.Type.Name).MaxBy(g => g.Sum(t => t.Elements))!.Key;

    private static int VocabularySize(string path, GgufFile file) =>
        file.Metadata.GetValueOrDefault("tokenizer.ggml.tokens") is GgufArray { ElementType: GgufValueType.String, Count: > 0 } tokens
            ? (int)Math.Min(tokens.Count, int.MaxValue)
            : throw Malformed(path, "has no vocabulary (tokenizer.ggml.tokens)");

    /// <summary>A positive number of at most 31 bits. Some families give head counts per layer: then 1, as only its presence
    /// matters.</summary>
    private static int Require(string path, GgufFile file, string key) =>
        file.Metadata.GetValueOrDefault(key) switch
        {
            long and > 0 and <= int.MaxValue and var value => (int)value,
            ulong and > 0 and <= int.MaxValue and var value => (int)value,
            GgufArray { Count: > 0 } when key.EndsWith("head_count", StringComparison.Ordinal) => 1,
            null => throw Malformed(path, $"has no {key}"),
            _ => throw Malformed(path, $"has a {key} that is not a positive whole number"),
        };

    private static string? Text(GgufFile file, string key) => file.Metadata.GetValueOrDefault(key) as string;

    private static long Integer(GgufFile file, string key) => file.Metadata.GetValueOrDefault(key) as long? ?? 0;

    private static ModelRejectedException Malformed(string path, string what) =>
        new("malformed", $"{path}: {what}. Convert or download the model again.");
}
