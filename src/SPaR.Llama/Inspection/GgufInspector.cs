using System.Collections.Immutable;
using SPaR.Gguf;
using SPaR.Llama.Templates;

namespace SPaR.Llama.Inspection;

/// <summary>Checks a model file and describes it, in managed code only. Accepts what llama.cpp loads and computes: in a file with anything
/// else it can abort the process or read memory that is not its own.</summary>
internal sealed class GgufInspector : IModelInspector
{
    private static readonly KeyRule[] General =
    [
        KeyRule.Text("general.name"), KeyRule.Text("general.type"), KeyRule.Count("general.file_type"),
    ];

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
        var metadata = new Metadata(path, file);
        var architecture = Architectures.Named(
            path, metadata.Text("general.architecture") ?? throw metadata.Refused("general.architecture", "there"));
        if (metadata.Text("general.type") is not (null or "model"))
            throw metadata.Refused("general.type", "'model'; register an adapter together with its base model");
        foreach (var rule in General)
            rule.Check(metadata);
        CheckSplit(path, file);
        if (file.Tensors.IsEmpty)
            throw Metadata.Malformed(path, "has no weights");
        var vocabulary = TokenizerCheck.Check(path, metadata);
        TensorCheck.Check(path, file, architecture, ModelShape.Read(metadata, architecture, vocabulary));
        return new ModelDescription(
            architecture.Name,
            metadata.Text("general.name"),
            file.Tensors.Sum(t => t.Elements),
            (int)metadata.Count(architecture.Prefix + "context_length")!.Value,
            vocabulary,
            CommonType(file.Tensors),
            template is null
                ? ChatTemplates.Recognise(path, metadata.Text("tokenizer.chat_template"))
                : ChatTemplates.Named(path, template));
    }

    private static void CheckSplit(string path, GgufFile file)
    {
        if (!file.Metadata.TryGetValue("split.count", out var parts))
            return;
        if (parts is long and > 1)
            throw Metadata.Malformed(path, "is one part of a split model. Merge the parts first (llama-gguf-split --merge)");
        if (file.Entries.Single(e => e.Key == "split.count").Type != GgufValueType.UInt16)
            throw new Metadata(path, file).Refused("split.count", $"of the type {GgufValueType.UInt16}");
    }

    private static string CommonType(ImmutableArray<GgufTensor> tensors) =>
        tensors.GroupBy(t => t.Type.Name).MaxBy(g => g.Sum(t => t.Elements))!.Key;
}
