using System.Collections.Immutable;
using SPaR.Gguf;

namespace SPaR.Llama.Inspection;

/// <summary>Checks that llama.cpp can build the tokeniser of a file and tokenise any text with it.</summary>
internal sealed class TokenizerCheck
{
    private const string Prefix = "tokenizer.ggml.", Tokens = Prefix + "tokens", Types = Prefix + "token_type", Merges = Prefix + "merges",
        Scores = Prefix + "scores", Bytes = "gpt2", Pieces = "llama";

    private const long ByteType = 6;

    private static readonly KeyRule[] Rules =
    [
        .. new[]
        {
            "bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "mask", "fim_pre", "fim_suf", "fim_mid", "fim_pad", "fim_rep",
            "fim_sep", "prefix", "suffix", "middle",
        }.Select(name => KeyRule.Count($"{Prefix}{name}_token_id")),
        KeyRule.Count(Prefix + "token_type_count"),
        .. new[]
        {
            "add_bos_token", "add_eos_token", "add_sep_token", "add_space_prefix", "remove_extra_whitespaces", "normalizer.lowercase",
            "normalizer.strip_accents",
        }.Select(name => KeyRule.Flag(Prefix + name)),
        KeyRule.Text("tokenizer.chat_template"),
    ];

    private readonly string _path;
    private readonly Metadata _metadata;
    private readonly ImmutableArray<string> _tokens;

    private TokenizerCheck(string path, Metadata metadata, GgufArray tokens)
    {
        (_path, _metadata) = (path, metadata);
        // llama.cpp reads a token up to its first zero byte, and names empty ones.
        _tokens = [.. tokens.ReadStrings(path).Select(t => t.Split('\0')[0]).Select((t, id) => t.Length > 0 ? t : $"[EMPTY_{id}]")];
    }

    /// <returns>The number of tokens.</returns>
    public static int Check(string path, Metadata metadata)
    {
        var tokens = metadata.List(Tokens, GgufValueType.String);
        if (tokens is not { Count: > 0 and <= int.MaxValue })
            throw metadata.Refused(Tokens, "a list of at least one token");
        foreach (var rule in Rules)
            rule.Check(metadata);
        var check = new TokenizerCheck(path, metadata, tokens);
        check.CheckTokens();
        check.CheckTypes();
        check.CheckSpecial();
        check.CheckModel();
        return (int)tokens.Count;
    }

    private void CheckTokens()
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < _tokens.Length; id++)
            if (!ids.TryAdd(_tokens[id], id))
                throw _metadata.Refused(Tokens, $"without duplicates, but {ids[_tokens[id]]} and {id} are both '{Shown(_tokens[id])}'");
    }

    private void CheckTypes()
    {
        // llama.cpp reads both lists to the length of the vocabulary, whatever their elements are.
        var scores = ForEachToken(Scores, GgufValueType.Float32)?.ReadSingles(_path) ?? [];
        if (scores.Any(float.IsNaN))
            throw _metadata.Refused(Scores, "of numbers; it has one that is none (NaN)");
        _ = _metadata.List(Prefix + "suppress_tokens", GgufValueType.Int32, GgufValueType.UInt32);
        if (ForEachToken(Types, GgufValueType.Int32, GgufValueType.UInt32)?.ReadIntegers(_path) is not { } types)
            return;
        for (var id = 0; id < _tokens.Length; id++)
            if (types[id] == ByteType && !IsByte(_tokens[id]))
                throw _metadata.Refused(Types, $"another for token {id}, '{Shown(_tokens[id])}': tokens for bytes are <0x00> to <0xFF>");
    }

    private GgufArray? ForEachToken(string key, params ImmutableArray<GgufValueType> elements) =>
        _metadata.List(key, elements) is not { } list ? null
        : list.Count >= _tokens.Length ? list
        : throw _metadata.Refused(key, $"as long as the {_tokens.Length} tokens of {Tokens}");

    /// <summary>llama.cpp ignores the others of these numbers if there is no such token, and published files have some.</summary>
    private void CheckSpecial()
    {
        foreach (var key in new[] { "bos", "eos", "eot", "eom" }.Select(name => $"{Prefix}{name}_token_id"))
            if (_metadata.Count(key) >= _tokens.Length)
                throw _metadata.Refused(key, $"a token, from 0 to {_tokens.Length - 1}");
        // llama.cpp looks these up by the model's name.
        var name = _metadata.Text("general.name") ?? "";
        if (name.Contains("phi-3", StringComparison.OrdinalIgnoreCase) || name.Contains("phi3", StringComparison.OrdinalIgnoreCase))
            RequireTokens(["<unk>", "<s>", "</s>", "<|endoftext|>"], "as the model's name is Phi-3");
    }

    private void CheckModel()
    {
        var pre = _metadata.Text(Prefix + "pre") ?? "";
        switch (_metadata.Text(Prefix + "model"))
        {
            case Bytes when !PreTokenizers.Known.Contains(pre):
                throw _metadata.Refused(Prefix + "pre", $"one of {string.Join(", ", PreTokenizers.Known)}");
            case Bytes:
                CheckMerges(required: pre != "kimi-k2");
                break;
            case Pieces:
                // A character without a token is written as bytes.
                var known = _tokens.ToHashSet(StringComparer.Ordinal);
                RequireTokens(
                    Enumerable.Range(0, 256).Where(b => b == 0 || !known.Contains($"{(char)b}")).Select(b => $"<0x{b:X2}>"),
                    $"as {Prefix}model is '{Pieces}'");
                break;
            default:
                throw _metadata.Refused(Prefix + "model", $"'{Bytes}' or '{Pieces}'");
        }
    }

    private void CheckMerges(bool required)
    {
        if (_metadata.List(Merges, GgufValueType.String) is not { } merges)
        {
            if (required)
                throw _metadata.Refused(Merges, $"there, as {Prefix}model is '{Bytes}'");
            return;
        }
        foreach (var merge in merges.ReadStrings(_path))
            if (merge.Length < 2 || merge.IndexOf(' ', 1) < 0)
                throw _metadata.Refused(Merges, $"of pairs with a space between; '{Shown(merge)}' is none");
    }

    private void RequireTokens(IEnumerable<string> tokens, string reason)
    {
        var known = _tokens.ToHashSet(StringComparer.Ordinal);
        if (tokens.FirstOrDefault(t => !known.Contains(t)) is { } missing)
            throw _metadata.Refused(Tokens, $"with the token {missing}, {reason}");
    }

    private static bool IsByte(string token) =>
        token is ['<', '0', 'x', var high, var low, '>'] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low);

    /// <summary>As text; the tokens are kept byte by byte.</summary>
    private static string Shown(string bytes) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(bytes));
}
