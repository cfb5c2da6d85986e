using System.Text.Json.Nodes;

namespace SPaR.Tests.HuggingFace;

/// <summary>tokenizer.json and tokenizer_config.json as published models have them, with few tokens.</summary>
/// <param name="Tokens">How many there are.</param>
internal sealed record TinyTokenizer(JsonObject Json, JsonObject Settings, int Tokens)
{
    public const string LlamaRegex = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
        + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static readonly string QwenRegex = LlamaRegex.Replace("\\p{N}{1,3}", "\\p{N}", StringComparison.Ordinal);

    /// <summary>The characters that stand for bytes: the printable ones for themselves, the others from U+0100.</summary>
    private static readonly string[] Bytes =
        [.. Enumerable.Range(0, 256).Select(b => b is > 32 and < 127 or > 160 and not 173 ? $"{(char)b}" : null)
            .Aggregate((List: new List<string>(), Next: 256), (a, c) =>
            {
                a.List.Add(c ?? $"{(char)a.Next}");
                return (a.List, c is null ? a.Next + 1 : a.Next);
            }).List];

    public static TinyTokenizer Llama() => OfBytes(
        LlamaRegex, normalizer: null, ignoreMerges: true,
        ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        """
        {"type":"Sequence","processors":[{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},
        {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|begin_of_text|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
        "pair":[],"special_tokens":{}}]}
        """,
        """
        {"bos_token":"<|begin_of_text|>","eos_token":"<|eot_id|>","chat_template":"{{ '<|start_header_id|>' }}","model_max_length":131072}
        """);

    public static TinyTokenizer Qwen() => OfBytes(
        QwenRegex, "NFC", ignoreMerges: false, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}""",
        """
        {"add_bos_token":false,"bos_token":null,"eos_token":"<|im_end|>","pad_token":"<|endoftext|>",
        "chat_template":"{{ '<|im_start|>' }}{{ '<|im_end|>' }}"}
        """);

    public static TinyTokenizer Glm() => OfBytes(
        LlamaRegex, normalizer: null, ignoreMerges: true, ["<|endoftext|>", "[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>"],
        "null", """{"eos_token":"<|endoftext|>","pad_token":"<|endoftext|>","chat_template":"[gMASK]<sop><|user|><|assistant|>"}""");

    /// <summary>A SentencePiece model: 256 tokens for bytes, pieces in the order of their merges, then single characters.</summary>
    /// <param name="prefix">Whether a text gets a space in front (Mistral), or not (Gemma).</param>
    public static TinyTokenizer Pieces(bool prefix)
    {
        string[] control = ["<unk>", "<s>", "</s>"], pieces = ["▁t", "he", "▁the", "in"],
            characters = ["▁", "t", "h", "e", "i", "n", "a"];
        string[] tokens = [.. control, .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), .. pieces, .. characters];
        JsonObject replace = new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "▁" };
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = Added(control, first: 0),
            ["normalizer"] = !prefix ? replace : new JsonObject
            {
                ["type"] = "Sequence",
                ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" }, replace),
            },
            ["pre_tokenizer"] = prefix ? null : JsonNode.Parse(
                """{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}"""),
            ["model"] = Model(tokens, ["▁ t", "h e", "▁t he", "i n"], byteFallback: true, ignoreMerges: false, "<unk>"),
        };
        return new(json, JsonNode.Parse("""
            {"add_bos_token":true,"add_eos_token":false,"bos_token":{"content":"<s>"},"eos_token":"</s>","unk_token":"<unk>",
            "chat_template":"{{ bos_token }}[INST] [/INST]"}
            """)!.AsObject(), tokens.Length);
    }

    private static TinyTokenizer OfBytes(
        string regex, string? normalizer, bool ignoreMerges, string[] control, string processor, string settings)
    {
        string[] tokens = [.. Bytes, "he", "Ġt", "Ġthe"];
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = Added(control, tokens.Length),
            ["normalizer"] = normalizer is null ? null : new JsonObject { ["type"] = normalizer },
            ["pre_tokenizer"] = new JsonObject
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
                    JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""")),
            },
            ["post_processor"] = JsonNode.Parse(processor),
            ["model"] = Model(tokens, ["h e", "Ġ t", "Ġt he"], byteFallback: false, ignoreMerges, unknown: null),
        };
        return new(json, JsonNode.Parse(settings)!.AsObject(), tokens.Length + control.Length);
    }

    private static JsonArray Added(string[] control, int first) => new([.. control.Select((text, i) => (JsonNode)new JsonObject
    {
        ["id"] = first + i,
        ["content"] = text,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = i == 2,
        ["normalized"] = false,
        ["special"] = true,
    })]);

    private static JsonObject Model(string[] tokens, string[] merges, bool byteFallback, bool ignoreMerges, string? unknown)
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < tokens.Length; id++)
            vocabulary[tokens[id]] = id;
        return new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = unknown,
            ["byte_fallback"] = byteFallback,
            ["ignore_merges"] = ignoreMerges,
            ["vocab"] = vocabulary,
            ["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)m)]),
        };
    }
}
