using System.Text;
using SPaR.Gguf;

namespace SPaR.HuggingFace.Tokenizer;

/// <summary>A tokeniser in the metadata of a GGUF file, both ways.</summary>
internal static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.", Template = "tokenizer.chat_template";

    private static readonly string[] Roles = ["bos", "eos", "unknown", "padding", "eot"];

    public static void Write(GgufWriter writer, ModelTokenizer tokenizer)
    {
        writer.Add(Prefix + "model", tokenizer.Model).Add(Prefix + "pre", tokenizer.Pre)
            .Add(Prefix + "tokens", (IReadOnlyList<string>)[.. tokenizer.Tokens.Select(t => t.Text)])
            .Add(Prefix + "token_type", (IReadOnlyList<int>)[.. tokenizer.Tokens.Select(t => (int)t.Kind)]);
        if (tokenizer.Model == ModelTokenizer.Pieces)
            writer.Add(Prefix + "scores", (IReadOnlyList<float>)[.. tokenizer.Tokens.Select(t => t.Score)])
                .Add(Prefix + "add_space_prefix", tokenizer.AddSpacePrefix);
        // llama.cpp has no use for the merges of pieces; they are what tokenizer.json had.
        writer.Add(Prefix + "merges", (IReadOnlyList<string>)tokenizer.Merges);
        foreach (var role in Roles)
            if (tokenizer.Special.TryGetValue(role, out var id))
                writer.Add($"{Prefix}{role}_token_id", (uint)id);
        writer.Add(Prefix + "add_bos_token", tokenizer.AddBegin).Add(Prefix + "add_eos_token", tokenizer.AddEnd);
        if (tokenizer.ChatTemplate is { } template)
            writer.Add(Template, template);
    }

    /// <exception cref="ModelRejectedException"><c>malformed</c> or <c>unknown-tokenizer</c>.</exception>
    public static ModelTokenizer Read(string path, GgufFile file)
    {
        var model = file.Metadata.GetValueOrDefault(Prefix + "model") as string;
        if (model is not (ModelTokenizer.Bytes or ModelTokenizer.Pieces))
            throw new ModelRejectedException(
                "unknown-tokenizer", $"{path}: has the tokenizer '{model}', which cannot be exported. Export a model with "
                + $"'{ModelTokenizer.Bytes}' or '{ModelTokenizer.Pieces}'.");
        var texts = Texts("tokens");
        var kinds = List("token_type")?.ReadIntegers(path);
        var scores = model == ModelTokenizer.Pieces ? List("scores")?.ReadSingles(path) : null;
        if (kinds is { } k && k.Length < texts.Length || scores is { } s && s.Length < texts.Length)
            throw new ModelRejectedException(
                "malformed", $"{path}: has fewer types or scores than the {texts.Length} tokens of {Prefix}tokens. "
                + "Convert the model again.");
        ImmutableArray<Token> tokens =
            [.. texts.Select((text, id) => new Token(text, (TokenKind)(kinds?[id] ?? 1), scores?[id] ?? 0))];
        var merges = List("merges") is null && model == ModelTokenizer.Pieces ? Pieces.Merges(tokens) : Texts("merges");
        return new ModelTokenizer(
            model, file.Metadata.GetValueOrDefault(Prefix + "pre") as string ?? "default", tokens, merges,
            Special(path, file, tokens.Length))
        {
            // llama.cpp's own defaults.
            AddBegin = Flag("add_bos_token") ?? model == ModelTokenizer.Pieces,
            AddEnd = Flag("add_eos_token") ?? false,
            AddSpacePrefix = model == ModelTokenizer.Pieces && (Flag("add_space_prefix") ?? true),
            ChatTemplate = file.Metadata.GetValueOrDefault(Template) as string,
        };

        GgufArray? List(string name) => file.Metadata.GetValueOrDefault(Prefix + name) as GgufArray;

        bool? Flag(string name) => file.Metadata.GetValueOrDefault(Prefix + name) as bool?;

        // The reader gives a character for each byte.
        ImmutableArray<string> Texts(string name) => List(name) is { ElementType: GgufValueType.String } list
            ? [.. list.ReadStrings(path).Select(bytes => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes)))]
            : throw new ModelRejectedException(
                "malformed", $"{path}: has no list of strings for '{Prefix}{name}'. Convert the model again.");
    }

    private static Dictionary<string, int> Special(string path, GgufFile file, int tokens)
    {
        var special = new Dictionary<string, int>();
        foreach (var role in Roles)
            if (file.Metadata.GetValueOrDefault($"{Prefix}{role}_token_id") is long id)
                special[role] = id >= 0 && id < tokens ? (int)id : throw new ModelRejectedException(
                    "malformed", $"{path}: has the token {id} for '{Prefix}{role}_token_id', but {tokens} tokens. "
                    + "Convert the model again.");
        return special;
    }
}
