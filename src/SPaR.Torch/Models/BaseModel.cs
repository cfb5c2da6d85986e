using System.Collections.Immutable;
using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>A trained model's file names its parent in GGUF's <c>general.base_model.*</c> and does not claim to be it: the parent's name,
/// author, version and addresses move there. Licence, source and tags hold for the child too and are kept.</summary>
internal static class BaseModel
{
    private const string General = "general.", Base = "general.base_model.";

    private static readonly ImmutableArray<string> Fields =
        ["author", "version", "organization", "description", "url", "doi", "uuid", "repo_url"];

    /// <summary>Whether a key of the parent is not true of the child; the parent's own parents are included.</summary>
    public static bool IsOfTheParent(string key) =>
        key.StartsWith(Base, StringComparison.Ordinal) || Fields.Any(field => key == General + field);

    /// <summary>The parent's name, or its file's name where it has none.</summary>
    public static string NameOf(string path, GgufFile parent) =>
        parent.Metadata.GetValueOrDefault("general.name") is string { Length: > 0 } name ? name : Path.GetFileNameWithoutExtension(path);

    public static GgufWriter AddBaseModel(this GgufWriter writer, string path, GgufFile parent)
    {
        writer.Add($"{Base}count", 1u).Add($"{Base}0.name", NameOf(path, parent));
        foreach (var field in Fields)
            if (parent.Metadata.GetValueOrDefault(General + field) is string text)
                writer.Add($"{Base}0.{field}", text);
        return writer;
    }
}
