using System.Text.Json.Nodes;

namespace SPaR.HuggingFace.Tokenizer;

/// <summary>Writes a tokenizer.json and a tokenizer_config.json that <see cref="TokenizerReader"/> reads as the same tokeniser.</summary>
internal static class TokenizerWriter
{
    /// <param name="path">The GGUF file, for messages.</param>
    /// <param name="frame">What tokenizer.json had besides vocabulary and merges; null to write one.</param>
    /// <exception cref="ModelRejectedException"><c>unknown-tokenizer</c>.</exception>
    public static JsonObject Write(string path, ModelTokenizer tokenizer, JsonObject? frame)
    {
        var json = frame ?? (tokenizer.Model == ModelTokenizer.Bytes ? BytesFrame(path, tokenizer) : PiecesFrame(tokenizer));
        var added = json["added_tokens"]!.AsArray().Select(t => t!["content"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        var vocabulary = new JsonObject();
        for (var id = 0; id < tokenizer.Tokens.Length; id++)
            // In the files of byte models, added tokens are in their own list only.
            if (tokenizer.Tokens[id] is { Kind: not TokenKind.Unused } token
                && (tokenizer.Model == ModelTokenizer.Pieces || !added.Contains(token.Text)))
                vocabulary[token.Text] = id;
        json["model"]!["vocab"] = vocabulary;
        json["model"]!["merges"] = new JsonArray([.. tokenizer.Merges.Select(m => (JsonNode)m)]);
        return json;
    }

    public static JsonObject WriteSettings(ModelTokenizer tokenizer, int context)
    {
        var settings = new JsonObject
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["add_bos_token"] = tokenizer.AddBegin,
            ["add_eos_token"] = tokenizer.AddEnd,
            ["clean_up_tokenization_spaces"] = false,
            ["model_max_length"] = context,
        };
        foreach (var (role, name) in new[] { ("bos", "bos_token"), ("eos", "eos_token"),
            ("unknown", "unk_token"), ("padding", "pad_token") })
            if (tokenizer.Special.TryGetValue(role, out var id))
                settings[name] = tokenizer.Tokens[id].Text;
        if (tokenizer.ChatTemplate is { } template)
            settings["chat_template"] = template;
        return settings;
    }

    /// <summary>The part with the vocabulary and the merges, still without either.</summary>
    public static JsonObject Model(bool ignoreMerges, bool byteFallback, string? unknown) => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = unknown,
        ["continuing_subword_prefix"] = null,
        ["end_of_word_suffix"] = null,
        ["fuse_unk"] = byteFallback,
        ["byte_fallback"] = byteFallback,
        ["ignore_merges"] = ignoreMerges,
    };

    private static JsonObject BytesFrame(string path, ModelTokenizer tokenizer)
    {
        var json = Frame(tokenizer, [TokenKind.Control, TokenKind.UserDefined]);
        if (!PreTokenizer.TryWrite(tokenizer.Pre, json))
            throw new ModelRejectedException(
                "unknown-tokenizer", $"{path}: has the pre-tokenizer '{tokenizer.Pre}', which cannot be exported. Export another model.");
        json["decoder"] = PreTokenizer.ByteLevel(useRegex: true);
        // Llama 3 takes a whole word that is a token, whatever the merges say; llama.cpp does so by the name.
        json["model"] = Model(ignoreMerges: tokenizer.Pre is "llama-bpe" or "llama3" or "llama-v3", byteFallback: false, unknown: null);
        return json;
    }

    private static JsonObject PiecesFrame(ModelTokenizer tokenizer)
    {
        var json = Frame(tokenizer, [TokenKind.Control, TokenKind.UserDefined, TokenKind.Unknown]);
        JsonObject replace = new()
        {
            ["type"] = "Replace",
            ["pattern"] = new JsonObject { ["String"] = " " },
            ["content"] = "▁",
        };
        json["normalizer"] = !tokenizer.AddSpacePrefix ? replace : new JsonObject
        {
            ["type"] = "Sequence",
            ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" }, replace),
        };
        json["pre_tokenizer"] = null;
        var steps = new JsonArray(
            new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "▁" }, ["content"] = " " },
            new JsonObject { ["type"] = "ByteFallback" }, new JsonObject { ["type"] = "Fuse" });
        if (tokenizer.AddSpacePrefix)
            steps.Add(new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        json["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = steps };
        var unknown = tokenizer.Tokens.FirstOrDefault(t => t.Kind == TokenKind.Unknown).Text;
        json["model"] = Model(ignoreMerges: false, byteFallback: true, unknown);
        return json;
    }

    private static JsonObject Frame(ModelTokenizer tokenizer, ImmutableArray<TokenKind> added)
    {
        var list = new JsonArray();
        for (var id = 0; id < tokenizer.Tokens.Length; id++)
            if (added.Contains(tokenizer.Tokens[id].Kind))
                list.Add(new JsonObject
                {
                    ["id"] = id,
                    ["content"] = tokenizer.Tokens[id].Text,
                    ["single_word"] = false,
                    ["lstrip"] = false,
                    ["rstrip"] = false,
                    ["normalized"] = false,
                    ["special"] = tokenizer.Tokens[id].Kind != TokenKind.UserDefined,
                });
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = list,
            ["post_processor"] = PostProcessor(tokenizer),
        };
    }

    private static JsonObject? PostProcessor(ModelTokenizer tokenizer)
    {
        var around = new JsonObject();
        var single = new JsonArray(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } });
        if (tokenizer.AddBegin && tokenizer.Special.TryGetValue("bos", out var begin))
            single.Insert(0, Token(begin));
        if (tokenizer.AddEnd && tokenizer.Special.TryGetValue("eos", out var end))
            single.Add(Token(end));
        if (single.Count == 1)
            return null;
        var pair = single.DeepClone().AsArray();
        pair.Add(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "B", ["type_id"] = 1 } });
        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = single, ["pair"] = pair, ["special_tokens"] = around };

        JsonObject Token(int id)
        {
            var text = tokenizer.Tokens[id].Text;
            around[text] = new JsonObject { ["id"] = text, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(text) };
            return new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = text, ["type_id"] = 0 } };
        }
    }
}
