using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.HuggingFace.Json;

namespace SPaR.HuggingFace.Tokenizer;

/// <summary>Reads a tokenizer.model in tiktoken's form, where a line has a token in base64, a space and its rank, as the tokenizer.json
/// that says the same. Such a file names neither special tokens nor how a text is split: tokenizer_config.json has the first, and the
/// model's family knows the second.</summary>
internal static class TiktokenModel
{
    private const int MaxBytes = 64 << 20, MaxToken = 512;

    private const string Save = "Save it as tokenizer.json (in Python: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)).";

    /// <param name="settings">tokenizer_config.json; null if there is none.</param>
    /// <param name="pre">How the family splits a text, by its name in GGUF; null where only a tokenizer.json can say it.</param>
    /// <exception cref="ModelRejectedException"><c>unknown-tokenizer</c>, <c>malformed</c> or <c>not-found</c>.</exception>
    public static JsonFields Read(string path, JsonFields? settings, string? pre)
    {
        var bytes = ReadBytes(path);
        // The first field of SentencePiece's protobuf has the number 1 and a length.
        if (bytes is [0x0A, ..])
            throw new ModelRejectedException("unknown-tokenizer", $"{path}: is a SentencePiece model. {Save}");
        if (pre is null)
            throw new ModelRejectedException(
                "unknown-tokenizer", $"{path}: is read for GLM-4 only, as it does not say how texts are split. {Save}");
        var ranks = ReadRanks(path, bytes);
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = AddedTokens(path, settings),
            ["post_processor"] = null,
            ["decoder"] = PreTokenizer.ByteLevel(useRegex: true),
            // tiktoken takes a whole word that is a token, whatever its ranks would merge.
            ["model"] = TokenizerWriter.Model(ignoreMerges: true, byteFallback: false, unknown: null),
        };
        PreTokenizer.TryWrite(pre, json);
        json["model"]!["vocab"] = new JsonObject(ranks.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Value)));
        json["model"]!["merges"] = new JsonArray([.. Merges(ranks).Select(merge => (JsonNode)merge)]);
        return JsonFields.Parse(path, JsonSerializer.SerializeToUtf8Bytes(json));
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path);
            if (stream.Length > MaxBytes)
                throw new ModelRejectedException(
                    "malformed", $"{path}: has {stream.Length} bytes; at most {MaxBytes} are allowed. Download it again.");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRejectedException("not-found", $"{path}: cannot be read ({e.Message}). Check the path and its permissions.");
        }
    }

    /// <returns>The rank of each token, which is its id; a character of a token stands for a byte.</returns>
    private static Dictionary<string, int> ReadRanks(string path, byte[] bytes)
    {
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        var taken = new HashSet<int>();
        var line = 0;
        // Latin-1 has a character for every byte, so a foreign file is refused by its line.
        foreach (var text in Encoding.Latin1.GetString(bytes).AsSpan().EnumerateLines())
        {
            line++;
            if (text.IsEmpty)
                continue;
            var (token, rank) = ReadLine(path, line, text);
            if (!ranks.TryAdd(token, rank))
                throw Malformed(path, line, "has a token that stands on an earlier line too");
            if (!taken.Add(rank))
                throw Malformed(path, line, $"has the rank {rank}, which an earlier line has too");
        }

        for (var value = 0; value < 256; value++)
            if (!ranks.ContainsKey(ByteCharacters.Of((byte)value).ToString()))
                throw new ModelRejectedException(
                    "malformed", $"{path}: has no token for the byte 0x{value:X2}, so not every text has tokens. Download it again.");
        return ranks;
    }

    private static (string Token, int Rank) ReadLine(string path, int line, ReadOnlySpan<char> text)
    {
        Span<byte> token = stackalloc byte[MaxToken];
        var space = text.IndexOf(' ');
        if (space < 1 || !Convert.TryFromBase64Chars(text[..space], token, out var length) || length == 0)
            throw Malformed(path, line, $"must have a token of 1 to {MaxToken} bytes in base64, a space and its rank");
        if (!int.TryParse(text[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var rank))
            throw Malformed(path, line, "must have a whole number from 0 after the space");
        var characters = new StringBuilder(length);
        foreach (var value in token[..length])
            characters.Append(ByteCharacters.Of(value));
        return (characters.ToString(), rank);
    }

    /// <summary>tiktoken merges any two neighbours that are a token together, the lowest rank first. Merges that list every such pair in
    /// the order of the ranks make the same tokens.</summary>
    private static IEnumerable<string> Merges(Dictionary<string, int> ranks)
    {
        var known = ranks.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var token in ranks.OrderBy(r => r.Value).Select(r => r.Key))
        {
            var pairs = new List<(int Left, int Right, int Cut)>();
            for (var cut = 1; cut < token.Length; cut++)
                if (known.TryGetValue(token.AsSpan(0, cut), out var left) && known.TryGetValue(token.AsSpan(cut), out var right))
                    pairs.Add((left, right, cut));
            foreach (var (_, _, cut) in pairs.Order())
                yield return $"{token[..cut]} {token[cut..]}";
        }
    }

    private static JsonArray AddedTokens(string path, JsonFields? settings)
    {
        const string Field = "added_tokens_decoder";
        if (settings is null)
            throw new ModelRejectedException(
                "not-found", $"{path}: has no special tokens; put the model's tokenizer_config.json beside it.");
        var added = settings.Nested(Field) ?? throw settings.Refused(Field, "an object with the special tokens by their ids");
        var tokens = new JsonArray();
        foreach (var name in added.Object.EnumerateObject().Select(p => p.Name))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                throw added.Refused(name, "named by an id, a whole number from 0");
            var token = JsonObject.Create((added.Nested(name) ?? throw added.Refused(name, "an object")).Object)!;
            token["id"] = id;
            tokens.Add(token);
        }

        return tokens;
    }

    private static ModelRejectedException Malformed(string path, int line, string what) =>
        new("malformed", $"{path}, line {line}: {what}. Download it again.");
}
