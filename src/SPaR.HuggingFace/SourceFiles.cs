using System.Text;
using System.Text.Json.Nodes;
using SPaR.Gguf;
using SPaR.HuggingFace.Json;

namespace SPaR.HuggingFace;

/// <summary>The small JSON files of a Hugging Face folder, kept in the metadata of the GGUF file so that an export gives them back as they
/// were. Of tokenizer.json vocabulary and merges are left out: GGUF has them anyway, and they are nearly all of it.</summary>
internal static class SourceFiles
{
    public const string Config = "config.json", Tokenizer = "tokenizer.json", TokenizerModel = "tokenizer.model",
        TokenizerSettings = "tokenizer_config.json",
        JinjaTemplate = "chat_template.jinja", Adapter = "adapter_config.json";

    /// <summary>The most bytes of a JSON file; a vocabulary of 256,000 tokens takes 35 MB.</summary>
    public const int MaxJson = 256 << 20;

    /// <summary>The most bytes of a file that is kept.</summary>
    private const int MaxKept = 4 << 20;

    private const string Prefix = "huggingface.";

    /// <summary>The types that numbers had before they were widened, as <c>name=BF16</c>.</summary>
    public const string Types = Prefix + "dtypes";

    /// <summary>Whether the source has the output's matrix although it is the embedding.</summary>
    public const string TiedHead = Prefix + "tied_head";

    /// <summary>Norms that 1 + the number does not give back: the numbers as they were.</summary>
    public const string Norms = Prefix + "norm.";

    private static readonly string[] Copied =
        [Config, TokenizerSettings, "generation_config.json", "special_tokens_map.json", JinjaTemplate];

    /// <summary>Adds the files of a folder to the metadata.</summary>
    public static void Keep(GgufWriter writer, string folder, JsonFields tokenizer)
    {
        foreach (var name in Copied)
            if (ReadText(Path.Combine(folder, name)) is { } text)
                writer.Add(Prefix + name, text);
        var frame = JsonObject.Create(tokenizer.Object)!;
        (frame["model"]!["vocab"], frame["model"]!["merges"]) = (new JsonObject(), new JsonArray());
        writer.Add(Prefix + Tokenizer, frame.ToJsonString());
    }

    public static void KeepAdapter(GgufWriter writer, JsonFields config) => writer.Add(Prefix + Adapter, config.Object.GetRawText());

    /// <returns>The text of a small file; null if there is none.</returns>
    /// <exception cref="ModelRejectedException"><c>malformed</c>: it is too large.</exception>
    public static string? ReadText(string path)
    {
        if (!File.Exists(path))
            return null;
        using var stream = RegularFile.OpenRead(path);
        if (stream.Length > MaxKept)
            throw new ModelRejectedException(
                "malformed", $"{path}: has {stream.Length} bytes; at most {MaxKept} are allowed. Download it again.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    public static string? KeptText(GgufFile file, string name) => file.Metadata.GetValueOrDefault(Prefix + name) as string;

    public static JsonFields? Kept(string path, GgufFile file, string name) =>
        KeptText(file, name) is { } text ? JsonFields.Parse($"{path} ({Prefix}{name})", Encoding.UTF8.GetBytes(text)) : null;

    /// <summary>Writes the kept files, but for those that are written anew.</summary>
    public static void WriteKept(GgufFile file, string folder, params ReadOnlySpan<string> without)
    {
        foreach (var name in Copied)
            if (!without.Contains(name) && KeptText(file, name) is { } text)
                WriteText(Path.Combine(folder, name), text);
    }

    public static void WriteText(string path, string text) => DurableFile.Write(path, s => s.Write(Encoding.UTF8.GetBytes(text)));
}
