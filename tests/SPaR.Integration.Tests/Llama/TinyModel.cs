using SPaR.Gguf;

namespace SPaR.Integration.Tests.Llama;

/// <summary>A Llama with random weights, small enough to write for a test. Its vocabulary: words of one token, including the space before
/// them; 256 byte tokens; the control tokens of Mistral's template, with those of the system turn as user-defined tokens.</summary>
internal static class TinyModel
{
    public const string Template =
        "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}[SYSTEM_PROMPT] {{ m['content'] }}[/SYSTEM_PROMPT]"
        + "{% elif m['role'] == 'user' %}[INST] {{ m['content'] }}[/INST]{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}"
        + "{% endfor %}";

    public const int Begin = 1, End = 2, Inst = 3, InstEnd = 4, SystemBegin = 5, SystemEnd = 6;

    public const int Context = 256;

    private const int Width = 32, Layers = 2, Heads = 2, Inner = 64, Normal = 1, Control = 3, UserDefined = 4;

    private static readonly string[] Marks =
        ["<pad>", "<s>", "</s>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"];

    private static readonly string[] Words
        = ["write", "about", "the", "sea", "forest", "judge", "refine", "Yes", "No", "slowly", "wolf", "."];

    private static readonly Lazy<ModelFile> Written = new(() => Write("tiny.gguf", _ => { }));

    private static readonly Lazy<ModelFile> WrittenWordy = new(() => Write("wordy.gguf", w =>
    {
        var output = w["output.weight"].AsSpan();
        output[..(Marks.Length * Width)].Clear();
        output[((Marks.Length + Words.Length) * Width)..].Clear();
    }));

    private static readonly Lazy<ModelFile> WrittenThinking = new(() => WriteThinking(UserDefined));

    private static readonly Lazy<ModelFile> WrittenThinkingByControl = new(() => WriteThinking(Control));

    public static ModelFile File => Written.Value;

    /// <summary>A model with <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c> as tokens. Its most probable token is always one of the
    /// two.</summary>
    /// <param name="control">Whether they are control tokens; else user-defined, as in Qwen3's own files.</param>
    public static ModelFile Thinking(bool control) => (control ? WrittenThinkingByControl : WrittenThinking).Value;

    /// <summary>A model whose most probable token is almost always a word: the logits of all others are 0.</summary>
    public static ModelFile Wordy => WrittenWordy.Value;

    /// <summary>The token of a known word, including its space.</summary>
    public static int Word(string word) => Marks.Length + Array.IndexOf(Words, word);

    /// <param name="begins">Whether sequences start with a beginning-of-sequence token.</param>
    /// <param name="marks">More control tokens, after all others.</param>
    /// <param name="change">Changes tensors by name before they are written, or removes them.</param>
    public static ModelFile Write(
        string name, Action<Dictionary<string, float[]>> change, bool begins = true, params string[] marks) =>
        Write(name, change, begins, Control, marks);

    private static ModelFile WriteThinking(int type) => Write(
        $"thinking-{type}.gguf", weights =>
        {
            // The logits of the two are opposite numbers, and all others are 0.
            var output = weights["output.weight"].AsSpan();
            output[..^(2 * Width)].Clear();
            for (var i = 0; i < Width; i++)
                output[^(i + 1)] = -output[^(i + 1 + Width)];
        }, begins: false, type, ["<|im_start|>", "<|im_end|>", "<think>", "</think>"]) with
    { Template = "qwen3" };

    private static ModelFile Write(
        string name, Action<Dictionary<string, float[]>> change, bool begins, int type, string[] marks)
    {
        var path = Path.Combine(AppContext.BaseDirectory, name);
        string[] tokens = [.. Marks, .. Words.Select(w => "Ġ" + w), .. Enumerable.Range(0, 256).Select(ByteToken), "aa", .. marks];
        var writer = new GgufWriter()
            .Add("general.architecture", "llama")
            .Add("general.name", "tiny")
            .Add("llama.context_length", (uint)Context)
            .Add("llama.embedding_length", (uint)Width)
            .Add("llama.block_count", (uint)Layers)
            .Add("llama.feed_forward_length", (uint)Inner)
            .Add("llama.attention.head_count", (uint)Heads)
            .Add("llama.attention.head_count_kv", (uint)Heads)
            .Add("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add("llama.rope.dimension_count", (uint)(Width / Heads))
            .Add("llama.rope.freq_base", 10000f)
            .Add("tokenizer.ggml.model", "gpt2")
            .Add("tokenizer.ggml.pre", "llama-bpe")
            .Add("tokenizer.ggml.tokens", tokens)
            .Add("tokenizer.ggml.token_type", (IReadOnlyList<int>)[.. tokens.Select((_, i) =>
                i is SystemBegin or SystemEnd ? UserDefined : i < Marks.Length ? Control : marks.Contains(tokens[i]) ? type : Normal)])
            .Add("tokenizer.ggml.merges", ["a a"])
            .Add("tokenizer.ggml.bos_token_id", (uint)Begin)
            .Add("tokenizer.ggml.eos_token_id", (uint)End)
            .Add("tokenizer.ggml.add_bos_token", begins)
            .Add("tokenizer.chat_template", Template);
        var weights = Weights(tokens.Length);
        var shapes = Shapes(tokens.Length);
        change(weights);
        foreach (var (tensor, values) in weights)
            writer.Add(tensor, values, shapes[tensor]);
        using var stream = System.IO.File.Create(path);
        writer.Write(stream);
        return new ModelFile(path, "", "mistral-v7");
    }

    private static Dictionary<string, long[]> Shapes(int vocabulary)
    {
        var shapes = new Dictionary<string, long[]>
        {
            ["token_embd.weight"] = [Width, vocabulary],
            ["output_norm.weight"] = [Width],
            ["output.weight"] = [Width, vocabulary],
        };
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var part in new[] { "attn_q", "attn_k", "attn_v", "attn_output" })
                shapes[$"blk.{layer}.{part}.weight"] = [Width, Width];
            shapes[$"blk.{layer}.ffn_gate.weight"] = shapes[$"blk.{layer}.ffn_up.weight"] = [Width, Inner];
            shapes[$"blk.{layer}.ffn_down.weight"] = [Inner, Width];
            shapes[$"blk.{layer}.attn_norm.weight"] = shapes[$"blk.{layer}.ffn_norm.weight"] = [Width];
        }
        return shapes;
    }

    private static Dictionary<string, float[]> Weights(int vocabulary)
    {
        // The same numbers on every machine: a linear congruential generator, summed to a nearly normal distribution.
        var state = 12345u;
        float Next()
        {
            var sum = 0.0;
            for (var i = 0; i < 4; i++)
                sum += (state = state * 1664525 + 1013904223) / 4294967296.0 - 0.5;
            return (float)(sum * 1.7);
        }
        return Shapes(vocabulary).ToDictionary(s => s.Key, s =>
        {
            var values = new float[s.Value.Aggregate(1L, (a, b) => a * b)];
            var scale = s.Key == "token_embd.weight" ? 1 : 1.5f / MathF.Sqrt(s.Value[0]);
            for (var i = 0; i < values.Length; i++)
                values[i] = s.Value.Length == 1 ? 1 : Next() * scale;
            return values;
        });
    }

    /// <summary>The character for a byte in byte-level vocabularies.</summary>
    public static string ByteToken(int value)
    {
        var printable = value is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 and <= 255;
        if (printable)
            return ((char)value).ToString();
        var before = Enumerable.Range(0, value).Count(b => b is not (>= 33 and <= 126 or >= 161 and <= 172 or >= 174 and <= 255));
        return char.ConvertFromUtf32(256 + before);
    }
}
