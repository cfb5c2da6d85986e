using System.Runtime.InteropServices;
using System.Text;
using SPaR.Llama.Inspection;
using static SPaR.Integration.Tests.Llama.Corpus.RawValue;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>A tiny random model of one architecture, as its converter would write it.</summary>
/// <param name="Optional">Whether it has the tensors that files of this architecture may have or not.</param>
/// <param name="Fused">Whether queries, keys and values are one matrix.</param>
/// <param name="Pieces">Whether its tokeniser is SentencePiece's; else it merges bytes.</param>
internal sealed record TinyFamily(
    string Architecture, bool Optional = false, bool Fused = false, bool Pieces = false, bool LongRope = false, uint Experts = 0)
{
    private const int Normal = 1, Unknown = 2, Control = 3, Byte = 6;

    private static readonly string[] Marks = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "<|endoftext|>"];

    private static readonly string[] Words = ["the", "sea", "wolf", "write", "."];

    public uint Layers { get; init; } = 2;

    public uint Width { get; init; } = 32;

    public uint Heads { get; init; } = 2;

    public uint KeyValueHeads { get; init; } = 1;

    public uint HeadWidth { get; init; } = 16;

    public uint Inner { get; init; } = 64;

    public uint SharedInner => Experts > 0 && Architecture == "granite" ? 32u : 0;

    /// <summary>One or more for each architecture, in the forms in which they are published.</summary>
    public static IReadOnlyList<TinyFamily> Published { get; } =
    [
        new("chatglm", Optional: true, Fused: true),
        new("gemma", Pieces: true),
        new("gemma2", Pieces: true),
        new("gemma3", Pieces: true) { HeadWidth = 24 },
        new("gemma3", Optional: true, Pieces: true),
        new("glm4"),
        new("glm4", Optional: true),
        new("granite"),
        new("granite", Optional: true, Experts: 4),
        new("llama"),
        new("llama", Pieces: true) { KeyValueHeads = 2 },
        new("llama", Optional: true) { HeadWidth = 24 },
        new("llama", Optional: true, LongRope: true),
        new("llama", Pieces: true, Experts: 4),
        new("mistral3", Optional: true) { HeadWidth = 24 },
        new("mistral3", Experts: 2),
        new("phi3", Fused: true, Pieces: true),
        new("phi3", Optional: true, Fused: true, LongRope: true),
        new("qwen2"),
        new("qwen2", Optional: true),
        new("qwen3") { HeadWidth = 32 },
        new("qwen3", Optional: true),
    ];

    public RawGguf Build(Random random)
    {
        var raw = new RawGguf();
        raw.Set("general.architecture", Text(Architecture));
        raw.Set("general.name", Text("tiny"));
        AddShape(raw);
        var tokens = AddTokenizer(raw);
        var architecture = SPaR.Llama.Inspection.Architectures.Named("", Architecture);
        var shape = new ModelShape(
            Layers, Width, tokens, Heads, KeyValueHeads, HeadWidth, Rotary, Inner, Experts, SharedInner, LongRope);
        foreach (var rule in architecture.Tensors(shape, name => Fused && name.EndsWith("attn_qkv.weight", StringComparison.Ordinal)))
            if (rule.Required || Optional)
                raw.Tensors.Add(new(rule.Name, 0, [.. rule.Dimensions.Select(d => (ulong)d)], Weights(rule, random)));
        return raw;
    }

    private uint Rotary => Architecture is "chatglm" or "glm4" ? HeadWidth / 2 : HeadWidth;

    private void AddShape(RawGguf raw)
    {
        foreach (var (key, value) in new[]
        {
            ("context_length", 256u), ("embedding_length", Width), ("block_count", Layers), ("feed_forward_length", Inner),
            ("attention.head_count", Heads), ("attention.head_count_kv", KeyValueHeads), ("rope.dimension_count", Rotary),
            ("attention.key_length", HeadWidth), ("attention.value_length", HeadWidth),
        })
            raw.Set($"{Architecture}.{key}", Count(value));
        Set(raw, ("attention.layer_norm_rms_epsilon", 1e-5f), ("rope.freq_base", 10_000));
        if (LongRope)
            raw.Set($"{Architecture}.rope.scaling.type", Text("longrope"));
        if (Experts > 0)
            raw.Set($"{Architecture}.expert_count", Count(Experts));
        if (Experts > 0)
            raw.Set($"{Architecture}.expert_used_count", Count(2));
        if (SharedInner > 0)
            raw.Set($"{Architecture}.expert_shared_feed_forward_length", Count(SharedInner));
        AddOwnKeys(raw);
    }

    private void AddOwnKeys(RawGguf raw)
    {
        switch (Architecture)
        {
            case "gemma2":
                Set(raw, ("attn_logit_softcapping", 50), ("final_logit_softcapping", 30));
                raw.Set("gemma2.attention.sliding_window", Count(64));
                break;
            case "gemma3":
                Set(raw, ("rope.freq_base_swa", 10_000), ("rope.scaling.factor", 8));
                raw.Set("gemma3.rope.scaling.type", Text("linear"));
                raw.Set("gemma3.attention.sliding_window", Count(64));
                break;
            case "granite":
                Set(raw, ("logit_scale", 8), ("residual_scale", 0.22f), ("embedding_scale", 12), ("attention.scale", 0.015f));
                break;
            case "mistral3":
                Set(raw, ("attention.temperature_scale", 0.1f), ("rope.scaling.factor", 16), ("rope.scaling.yarn_beta_fast", 32),
                    ("rope.scaling.yarn_beta_slow", 1), ("rope.scaling.yarn_log_multiplier", 1));
                raw.Set("mistral3.rope.scaling.type", Text("yarn"));
                raw.Set("mistral3.rope.scaling.original_context_length", Count(64));
                break;
            case "phi3":
                raw.Set("phi3.attention.sliding_window", Count(64));
                break;
        }
    }

    private void Set(RawGguf raw, params ReadOnlySpan<(string Key, float Value)> numbers)
    {
        foreach (var (key, value) in numbers)
            raw.Set($"{Architecture}.{key}", Real(value));
    }

    /// <returns>The number of tokens.</returns>
    private int AddTokenizer(RawGguf raw)
    {
        string[] tokens =
        [
            .. Marks, .. Enumerable.Range(0, 256).Select(b => Pieces ? $"<0x{b:X2}>" : TinyModel.ByteToken(b)),
            .. Words.Select(w => (Pieces ? "▁" : "Ġ") + w), .. Pieces ? ["▁"] : Array.Empty<string>(),
        ];
        raw.Set("tokenizer.ggml.model", Text(Pieces ? "llama" : "gpt2"));
        if (!Pieces)
            raw.Set("tokenizer.ggml.pre", Text("llama-bpe"));
        raw.Set("tokenizer.ggml.tokens", Texts8([.. tokens.Select(Encoding.UTF8.GetBytes)]));
        raw.Set("tokenizer.ggml.token_type", Counts([.. tokens.Select((_, id) => Type(id))]));
        if (Pieces)
            raw.Set("tokenizer.ggml.scores", Reals([.. tokens.Select((_, id) => -(float)id)]));
        else
            raw.Set("tokenizer.ggml.merges", Texts8([.. Words[..2].Select(w => Encoding.UTF8.GetBytes($"Ġ {w}"))]));
        raw.Set("tokenizer.ggml.bos_token_id", Count(1));
        raw.Set("tokenizer.ggml.eos_token_id", Count(2));
        raw.Set("tokenizer.ggml.unknown_token_id", Count(0));
        raw.Set("tokenizer.ggml.add_bos_token", Flag(true));
        raw.Set("tokenizer.chat_template", Text(TinyModel.Template));
        return tokens.Length;
    }

    private int Type(int id) =>
        id == 0 ? Unknown : id < Marks.Length ? Control : Pieces && id < Marks.Length + 256 ? Byte : Normal;

    private static byte[] Weights(TensorRule rule, Random random)
    {
        var values = new float[rule.Dimensions.Aggregate(1L, (a, b) => a * b)];
        var scale = 3 / MathF.Sqrt(rule.Dimensions[0]);
        // The same few over and over: drawing them takes longer than all else.
        for (var i = 0; i < values.Length; i++)
            values[i] = rule.Role == TensorRole.Vector ? 1 : i < 1009 ? (random.NextSingle() - 0.5f) * scale : values[i - 1009];
        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }
}
