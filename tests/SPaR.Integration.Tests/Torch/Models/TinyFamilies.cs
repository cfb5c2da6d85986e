using SPaR.Gguf;
using SPaR.Llama.Inspection;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>A random model of one family. Its tensors are those that the engine expects of such a file.</summary>
/// <param name="Name">The architecture, or the architecture and what is special: <c>qwen2 tied</c>.</param>
internal sealed record TinyFamilies(string Name)
{
    private const int Vocabulary = 64;

    /// <summary>One or more for each family, in the forms in which they are published.</summary>
    public static IReadOnlyList<TinyFamilies> All { get; } =
    [
        new("llama") { Has = ["output.weight", "rope_freqs.weight"] },
        new("llama biased") { Has = ["bias"] },
        // Mistral 7B v0.1, whose window llama.cpp does not use.
        new("llama window") { Keys = new() { ["attention.sliding_window"] = 16u } },
        new("llama yarn") { Keys = Yarn },
        new("qwen2") { Has = ["output.weight", "output.bias", "bias"] },
        new("qwen2 tied") { Has = ["bias"] },
        new("qwen2 yarn") { Has = ["output.weight", "bias"], Keys = Yarn },
        new("qwen3") { HeadWidth = 24 },
        new("qwen3 untied") { Has = ["output.weight"], KeyValueHeads = 4, Keys = Yarn },
        new("chatglm") { Has = ["output.weight", "attn_qkv.weight", "bias"], Rotary = 8, Layers = 3 },
        // GLM-4-9B-Chat as transformers stores it
        new("chatglm separate") { Has = ["output.weight", "bias"], Rotary = 8 },
        new("chatglm yarn") { Has = ["attn_qkv.weight"], Rotary = 8, KeyValueHeads = 1, Keys = Yarn },
        new("glm4") { Has = ["output.weight"], Rotary = 8 },
        new("glm4 biased") { Has = ["output.weight", "bias"], Rotary = 8, Layers = 3 },
        new("gemma3") { HeadWidth = 24, Layers = 7, Keys = Window },
        new("gemma3 pattern")
        {
            Layers = 3,
            Keys = new() { ["attention.sliding_window"] = 20u, ["attention.sliding_window_pattern"] = 2u, ["rope.freq_base_swa"] = 5000f },
        },
        new("gemma3 global") { Keys = new() { ["attention.sliding_window"] = 0u } },
        new("gemma3 27b") { Layers = 62, Width = 32, Heads = 2, KeyValueHeads = 1, HeadWidth = 8, Inner = 32, Keys = Window },
    ];

    public string Architecture => Name.Split(' ')[0];

    public int Layers { get; init; } = 2;

    public int Width { get; init; } = 64;

    public int Heads { get; init; } = 4;

    public int KeyValueHeads { get; init; } = 2;

    public int HeadWidth { get; init; } = 16;

    public int? Rotary { get; init; }

    public int Inner { get; init; } = 96;

    /// <summary>The ends of the names of its optional tensors.</summary>
    public string[] Has { get; init; } = [];

    /// <summary>Without the architecture's name.</summary>
    public Dictionary<string, object> Keys { get; init; } = [];

    private static Dictionary<string, object> Yarn => new()
    {
        ["rope.scaling.type"] = "yarn",
        ["rope.scaling.factor"] = 4f,
        ["rope.scaling.original_context_length"] = 128u,
    };

    private static Dictionary<string, object> Window => new()
    {
        ["attention.sliding_window"] = 16u,
        ["rope.scaling.type"] = "linear",
        ["rope.scaling.factor"] = 8f,
    };

    public static string Write(DirectoryInfo folder, string name) => All.Single(f => f.Name == name).Write(folder);

    private string Write(DirectoryInfo folder)
    {
        string[] tokens = [.. Enumerable.Range(0, Vocabulary).Select(i => i < 3 ? $"<{i}>" : $"w{i}")];
        var writer = new GgufWriter().Add("general.architecture", Architecture).Add("general.name", "tiny")
            .Add("tokenizer.ggml.model", "gpt2").Add("tokenizer.ggml.pre", "llama-bpe").Add("tokenizer.ggml.tokens", tokens)
            .Add("tokenizer.ggml.token_type", (IReadOnlyList<int>)[.. tokens.Select((_, i) => i < 3 ? 3 : 1)])
            .Add("tokenizer.ggml.merges", ["w 3"]).Add("tokenizer.ggml.bos_token_id", 1u).Add("tokenizer.ggml.eos_token_id", 2u);
        var rotary = Rotary ?? HeadWidth;
        var shape = new Dictionary<string, object>
        {
            ["context_length"] = 512u,
            ["embedding_length"] = (uint)Width,
            ["block_count"] = (uint)Layers,
            ["feed_forward_length"] = (uint)Inner,
            ["attention.head_count"] = (uint)Heads,
            ["attention.head_count_kv"] = (uint)KeyValueHeads,
            ["attention.layer_norm_rms_epsilon"] = 1e-5f,
            ["attention.key_length"] = (uint)HeadWidth,
            ["attention.value_length"] = (uint)HeadWidth,
            ["rope.dimension_count"] = (uint)rotary,
            ["rope.freq_base"] = 20_000f,
        };
        foreach (var (key, value) in shape.Concat(Keys))
            Add(writer, $"{Architecture}.{key}", value);
        var random = new MicroRandom(23);
        foreach (var rule in Architectures.Named("", Architecture).Tensors(
            new ModelShape(Layers, Width, Vocabulary, Heads, KeyValueHeads, HeadWidth, rotary, Inner, 0, 0, false), IsThere))
            if (rule.Required || IsThere(rule.Name))
                writer.Add(rule.Name, Numbers(rule, random), [.. rule.Dimensions]);
        var path = Path.Combine(folder.FullName, $"{Name}.gguf");
        using var stream = File.Create(path);
        writer.Write(stream);
        return path;
    }

    private bool IsThere(string tensor) => Has.Any(end =>
        tensor == end || tensor.StartsWith("blk.", StringComparison.Ordinal) && tensor.Contains("attn_", StringComparison.Ordinal)
        && !tensor.Contains("output", StringComparison.Ordinal) && tensor.EndsWith(end, StringComparison.Ordinal));

    /// <summary>Gains near 1, all else near 0.</summary>
    private static float[] Numbers(TensorRule rule, MicroRandom random)
    {
        var gain = rule.Role == TensorRole.Vector && rule.Name.EndsWith(".weight", StringComparison.Ordinal);
        var numbers = new float[rule.Dimensions.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = (float)((gain ? 1 : 0) + 0.25 * (2 * (random.Below(1 << 20) / (double)(1 << 20)) - 1));
        return numbers;
    }

    private static void Add(GgufWriter writer, string key, object value) => _ = value switch
    {
        uint whole => writer.Add(key, whole),
        float real => writer.Add(key, real),
        string text => writer.Add(key, text),
        _ => throw new ArgumentException($"{key}: {value.GetType().Name} is not written here.", nameof(value)),
    };
}
