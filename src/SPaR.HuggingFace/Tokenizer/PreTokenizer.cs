using System.Text.Json.Nodes;
using SPaR.HuggingFace.Json;

namespace SPaR.HuggingFace.Tokenizer;

/// <summary>Recognises how tokenizer.json splits a text before it merges, by its structure and its regular expression. What is not known
/// is refused: with the wrong split, every later token would be another.</summary>
internal static class PreTokenizer
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)", Words = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|",
        Rest = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    /// <summary>Up to three digits are a word.</summary>
    private const string Llama = Contractions + Words + "\\p{N}{1,3}" + Rest;

    /// <summary>Each digit is a word.</summary>
    private const string Qwen = Contractions + Words + "\\p{N}" + Rest;

    /// <param name="tokenizer">tokenizer.json, with a model that merges bytes.</param>
    /// <param name="familyName">What the model's family calls Llama's split; null for Llama's name.</param>
    /// <exception cref="ModelRejectedException"><c>unknown-tokenizer</c>.</exception>
    public static string Recognise(JsonFields tokenizer, string? familyName)
    {
        var normalizer = tokenizer.Nested("normalizer")?.Text("type");
        var name = SplitOf(tokenizer) switch
        {
            Llama when normalizer is null => familyName ?? "llama-bpe",
            // llama.cpp leaves NFC out for Qwen too: its texts come composed.
            Qwen when normalizer is null or "NFC" => "qwen2",
            "" when normalizer is null => "gpt-2",
            _ => null,
        };
        return name ?? throw new ModelRejectedException(
            "unknown-tokenizer", $"{tokenizer.File}: splits texts with the normalizer {Shown(tokenizer, "normalizer")} "
            + "and the pre_tokenizer "
            + $"{Shown(tokenizer, "pre_tokenizer")}, which is none of: llama-bpe, qwen2, gpt-2. Use a model with one of these.");
    }

    /// <summary>Writes what <see cref="Recognise"/> recognises.</summary>
    /// <returns>False for an unknown name.</returns>
    public static bool TryWrite(string name, JsonObject tokenizer)
    {
        var regex = name switch
        {
            "llama-bpe" or "llama3" or "llama-v3" or "chatglm-bpe" or "glm4" => Llama,
            "qwen2" => Qwen,
            "gpt-2" => "",
            _ => null,
        };
        if (regex is null)
            return false;
        tokenizer["normalizer"] = name == "qwen2" ? new JsonObject { ["type"] = "NFC" } : null;
        tokenizer["pre_tokenizer"] = regex.Length == 0 ? ByteLevel(useRegex: true) : new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "Split",
                    ["pattern"] = new JsonObject { ["Regex"] = regex },
                    ["behavior"] = "Isolated",
                    ["invert"] = false,
                },
                ByteLevel(useRegex: false)),
        };
        return true;
    }

    public static JsonObject ByteLevel(bool useRegex) =>
        new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = useRegex };

    /// <returns>The regular expression; "" for the one that is built in (GPT-2's), null for another structure.</returns>
    private static string? SplitOf(JsonFields tokenizer)
    {
        if (tokenizer.Nested("pre_tokenizer") is not { } pre)
            return null;
        if (pre.Text("type") == "ByteLevel")
            return IsByteLevel(pre, useRegex: true) ? "" : null;
        return pre.Text("type") == "Sequence" && pre.Objects("pretokenizers").ToList() is [var split, var bytes]
            && split.Text("type") == "Split" && split.Text("behavior") == "Isolated" && split.Flag("invert") != true
            && bytes.Text("type") == "ByteLevel" && IsByteLevel(bytes, useRegex: false)
            ? split.Nested("pattern")?.Text("Regex")
            : null;
    }

    private static bool IsByteLevel(JsonFields bytes, bool useRegex) =>
        bytes.Flag("add_prefix_space") != true && (bytes.Flag("use_regex") ?? true) == useRegex;

    private static string Shown(JsonFields tokenizer, string name) =>
        (tokenizer.Value(name)?.GetRawText() ?? "null") is { Length: > 200 } text ? text[..200] + "…"
            : tokenizer.Value(name)?.GetRawText() ?? "null";
}
