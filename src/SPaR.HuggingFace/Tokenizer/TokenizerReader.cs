using System.Text.Json;
using SPaR.HuggingFace.Json;

namespace SPaR.HuggingFace.Tokenizer;

/// <summary>Reads tokenizer.json and tokenizer_config.json.</summary>
/// <param name="tokenizer">tokenizer.json.</param>
/// <param name="settings">tokenizer_config.json; null if there is none.</param>
/// <param name="config">config.json.</param>
internal sealed class TokenizerReader(JsonFields tokenizer, JsonFields? settings, JsonFields config)
{
    private static readonly (string Role, string Name)[] Roles = [("bos", "bos"), ("eos", "eos"), ("unknown", "unk"), ("padding", "pad")];

    private readonly JsonFields _model = tokenizer.Nested("model") ?? throw tokenizer.Refused("model", "an object");

    /// <param name="rows">Of the embedding.</param>
    /// <param name="familyPre">See <see cref="PreTokenizer.Recognise"/>.</param>
    /// <param name="endOfTurn">A token that ends a turn; null for none.</param>
    /// <param name="template">The text of chat_template.jinja; null if there is none.</param>
    /// <exception cref="ModelRejectedException"><c>unknown-tokenizer</c>, <c>tokenizer-mismatch</c> or <c>malformed</c>.</exception>
    public ModelTokenizer Read(int rows, string? familyPre, string? endOfTurn, string? template)
    {
        if (_model.Text("type") is var type and not "BPE")
            throw Unknown($"has a model of the type '{type}'; 'BPE' is supported");
        foreach (var name in new[] { "dropout", "continuing_subword_prefix", "end_of_word_suffix" })
            if (_model.Value(name) is { } value && value.GetRawText() is not ("\"\"" or "0" or "0.0"))
                throw Unknown($"has {value.GetRawText()} for 'model.{name}', which llama.cpp does not know");
        var ids = ReadIds(rows);
        var (merges, pieces) = (ReadMerges(), _model.Flag("byte_fallback") == true);
        var tokens = ReadTokens(rows, ids, pieces);
        if (pieces)
            Score(tokens, merges, ids);
        var special = ReadSpecial(ids, endOfTurn);
        return new ModelTokenizer(
            pieces ? ModelTokenizer.Pieces : ModelTokenizer.Bytes,
            pieces ? "default" : PreTokenizer.Recognise(tokenizer, familyPre), [.. tokens], merges, special)
        {
            AddBegin = settings?.Flag("add_bos_token") ?? PutsAround(special, "bos", first: true),
            AddEnd = settings?.Flag("add_eos_token") ?? PutsAround(special, "eos", first: false),
            AddSpacePrefix = pieces && ReadSpacePrefix(),
            ChatTemplate = template ?? ReadTemplate(),
        };
    }

    private Dictionary<string, int> ReadIds(int rows)
    {
        var vocabulary = _model.Nested("vocab") is { } known && known.Object.EnumerateObject().Any()
            ? known
            : throw _model.Refused("vocab", "an object with the tokens");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in vocabulary.Object.EnumerateObject())
            ids.Add(token.Name, vocabulary.Whole(token.Name) ?? throw vocabulary.Refused(token.Name, "a whole number from 0"));
        foreach (var added in tokenizer.Objects("added_tokens"))
        {
            var (text, id) = (added.RequiredText("content"), added.Whole("id") ?? throw added.Refused("id", "a whole number from 0"));
            if (ids.TryGetValue(text, out var other) && other != id)
                throw added.Refused("id", $"{other}, as in model.vocab");
            ids[text] = id;
        }
        if (ids.Values.Max() is var last && last >= rows)
            throw new ModelRejectedException(
                "tokenizer-mismatch", $"{tokenizer.File}: has the token {last}, but the embedding has {rows} rows: "
                + "the tokenizer is another "
                + "model's. Put the model's own tokenizer.json into the folder.");
        if (ids.GroupBy(t => t.Value).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ModelRejectedException(
                "malformed", $"{tokenizer.File}: gives the id {twice.Key} to '{twice.First().Key}' and '{twice.Last().Key}'. "
                + "Download it again.");
        return ids;
    }

    private Token[] ReadTokens(int rows, Dictionary<string, int> ids, bool pieces)
    {
        var tokens = Enumerable.Range(0, rows).Select(id => new Token(ModelTokenizer.Unused(id), TokenKind.Unused)).ToArray();
        foreach (var (text, id) in ids)
            tokens[id] = new(text, pieces && IsByte(text) ? TokenKind.Byte : TokenKind.Normal);
        foreach (var added in tokenizer.Objects("added_tokens"))
        {
            var (text, id) = (added.RequiredText("content"), added.Whole("id")!.Value);
            tokens[id] = new(text, pieces && text == _model.Text("unk_token") ? TokenKind.Unknown
                : added.Flag("special") == true ? TokenKind.Control
                : TokenKind.UserDefined);
        }
        return tokens;
    }

    private ImmutableArray<string> ReadMerges() =>
    [
        .. (_model.List("merges") ?? throw _model.Refused("merges", "a list")).Select(merge => merge switch
        {
            { ValueKind: JsonValueKind.String } when merge.GetString() is { } text
                && text.IndexOf(' ', Math.Min(1, text.Length)) > 0 => text,
            { ValueKind: JsonValueKind.Array } when merge.GetArrayLength() == 2
                && merge.EnumerateArray().All(side => side.ValueKind == JsonValueKind.String && side.GetString()!.Length > 0) =>
                $"{merge[0].GetString()} {merge[1].GetString()}",
            _ => throw _model.Refused("merges", "a list of pairs of tokens"),
        }),
    ];

    private void Score(Token[] tokens, ImmutableArray<string> merges, Dictionary<string, int> ids)
    {
        if (_model.Flag("ignore_merges") == true)
            throw Unknown("has model.ignore_merges with byte_fallback, which llama.cpp does not know");
        var skipped = tokens.Where(t => t.Kind is TokenKind.UserDefined or TokenKind.Control).Select(t => t.Text).ToHashSet();
        var scores = Pieces.Scores(merges, ids, skipped)
            ?? throw Unknown("has merges whose pairs for one token do not follow each other, so that no score of the token says the same");
        foreach (var (text, score) in scores)
            tokens[ids[text]] = tokens[ids[text]] with { Score = score };
        // Single characters are never merged; SentencePiece lists them after all others.
        for (var id = 0; id < tokens.Length; id++)
            if (tokens[id].Kind == TokenKind.Normal && !scores.ContainsKey(tokens[id].Text))
                tokens[id] = tokens[id] with { Score = -tokens.Length };
    }

    /// <summary>The structures that SentencePiece models have: a space becomes ▁, and a text may get one in front.</summary>
    private bool ReadSpacePrefix()
    {
        var (normalizer, pre) = (tokenizer.Nested("normalizer"), tokenizer.Nested("pre_tokenizer"));
        if (normalizer is null && pre?.Text("type") == "Metaspace" && pre.Text("replacement") == "▁" && pre.Flag("split") == false)
            return (pre.Text("prepend_scheme") ?? (pre.Flag("add_prefix_space") == false ? "never" : "always")) != "never";
        List<JsonFields> steps = normalizer is null ? []
            : normalizer.Text("type") == "Sequence" ? [.. normalizer.Objects("normalizers")]
            : [normalizer];
        var prepends = steps is [var first, _] && first.Text("type") == "Prepend" && first.Text("prepend") == "▁";
        var split = pre is null || (pre.Text("type") == "Split" && pre.Nested("pattern")?.Text("String") == " ");
        if (!split || steps.Count != (prepends ? 2 : 1) || steps[^1].Text("type") != "Replace"
            || steps[^1].Nested("pattern")?.Text("String") != " " || steps[^1].Text("content") != "▁")
            throw Unknown("normalises or splits texts in a way that is neither SentencePiece's nor Gemma's");
        return prepends;
    }

    private Dictionary<string, int> ReadSpecial(Dictionary<string, int> ids, string? endOfTurn)
    {
        var special = new Dictionary<string, int>();
        foreach (var (role, name) in Roles)
        {
            var id = NamedToken($"{name}_token") is { } text
                ? ids.TryGetValue(text, out var known) ? known : throw settings!.Refused($"{name}_token", "a token of tokenizer.json")
                : config.Value($"{name}_token_id") switch
                {
                    { ValueKind: JsonValueKind.Number } => config.Whole($"{name}_token_id"),
                    { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() > 0 && list[0].TryGetInt32(out var first) => first,
                    _ => null,
                };
            if (id is { } value)
                special[role] = value;
        }
        if (endOfTurn is not null && ids.TryGetValue(endOfTurn, out var turn))
            special["eot"] = turn;
        return special;
    }

    /// <summary>A token by its text, or as an object with it.</summary>
    private string? NamedToken(string name) => settings?.Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } => settings.Nested(name)!.RequiredText("content"),
        _ => settings.Text(name),
    };

    /// <summary>Whether the post-processor puts the token before or after every text.</summary>
    private bool PutsAround(Dictionary<string, int> special, string role, bool first)
    {
        if (!special.TryGetValue(role, out var id) || tokenizer.Nested("post_processor") is not { } processor)
            return false;
        var steps = processor.Text("type") == "Sequence" ? processor.Objects("processors") : [processor];
        return steps.Where(s => s.Text("type") == "TemplateProcessing")
            .Select(s => first ? s.Objects("single").FirstOrDefault() : s.Objects("single").LastOrDefault())
            .Any(s => s?.Nested("SpecialToken")?.Text("id") is { } text
                && tokenizer.Objects("added_tokens").Any(t => t.Text("content") == text && t.Whole("id") == id));
    }

    private string? ReadTemplate() => settings?.Value("chat_template") switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } => settings.Objects("chat_template").FirstOrDefault(t => t.Text("name") == "default")
            ?.RequiredText("template"),
        _ => settings.Text("chat_template"),
    };

    private static bool IsByte(string token) =>
        token is ['<', '0', 'x', var high, var low, '>'] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low);

    private ModelRejectedException Unknown(string what) =>
        new("unknown-tokenizer", $"{tokenizer.File}: {what}. Use a model with another tokenizer.");
}
