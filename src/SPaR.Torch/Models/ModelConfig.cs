using System.Collections.Immutable;
using SPaR.Gguf;
using SPaR.Torch.Families;

namespace SPaR.Torch.Models;

/// <summary>The shape of a model, as its GGUF file states it. A model that llama.cpp would not load, or would compute differently from the
/// trainer, is refused here, before any weight is read.</summary>
/// <param name="Width">Of the residual stream.</param>
/// <param name="HeadWidth">Of an attention head, for keys and values alike.</param>
/// <param name="RotaryWidth">How much of a head's width is rotated by position.</param>
/// <param name="Global">Of the layers that see all positions.</param>
/// <param name="Local">Of the layers that see a window; null if there are none.</param>
/// <param name="Period">Of so many layers the last is global.</param>
/// <param name="FeedForwardWidth">Of the hidden layer in a block's feed-forward network.</param>
/// <param name="HasFusedInputs">Whether queries, keys and values are one matrix.</param>
internal sealed record ModelConfig(
    ModelFamily Family, int Layers, int Width, int Heads, int KeyValueHeads, int HeadWidth, int RotaryWidth, double Epsilon,
    AttentionSpan Global, AttentionSpan? Local, int Period, int VocabularySize, int FeedForwardWidth, bool HasFusedInputs)
{
    /// <summary>Of queries, keys and values.</summary>
    public long[] InputWidths
    {
        get
        {
            var (queries, keys) = ((long)Heads * HeadWidth, (long)KeyValueHeads * HeadWidth);
            return [queries, keys, keys];
        }
    }

    /// <summary>Scores are divided by its root.</summary>
    public double ScoreWidth => Family.ScalesScoresByWidth(Layers) ? (double)Width / Heads : HeadWidth;

    public AttentionSpan SpanOf(int layer) => Local is not null && layer % Period < Period - 1 ? Local : Global;

    /// <summary>How many rows of a block's matrix, or of its adapter's B, belong to each of the matrices that the file stores as one.
    /// </summary>
    /// <param name="rows">Of the whole.</param>
    public long[] RowsOfParts(string name, long rows) => name.Split('.') switch
    {
        [_, _, "attn_qkv", .., "weight" or "lora_b"] => InputWidths,
        [_, _, "ffn_up", .., "weight" or "lora_b"] when Family.HasFusedGate => [FeedForwardWidth, FeedForwardWidth],
        _ => [rows],
    };

    /// <exception cref="ModelRejectedException">The architecture or a feature is not supported, or the metadata contradict themselves or
    /// the tensors. The message names key, value and what to do.</exception>
    public static ModelConfig Read(string path, GgufFile file)
    {
        var name = file.Metadata.GetValueOrDefault("general.architecture") as string;
        var family = ModelFamilies.Named(name) ?? throw new ModelRejectedException(
            "unknown-architecture",
            $"{path}: the architecture '{name}' cannot be trained. Use one of: "
            + $"{string.Join(", ", ModelFamilies.All.Select(f => f.Architecture))}.");
        var metadata = new ModelMetadata(path, file, family.Architecture);
        var layers = metadata.Count("block_count");
        var width = metadata.Count("embedding_length");
        var heads = metadata.CountOfEveryLayer("attention.head_count", layers);
        var shared = metadata.CountOfEveryLayer("attention.head_count_kv", layers, heads);
        if (heads % shared != 0)
            throw metadata.Refused("attention.head_count_kv", shared, $"it must divide the {heads} of attention.head_count");
        if (width % heads != 0 && !metadata.Has("attention.key_length"))
            throw metadata.Refused("embedding_length", width, $"without attention.key_length it must be a multiple of the {heads} heads");
        var headWidth = metadata.Count("attention.key_length", width / heads);
        RequireOneWidth(metadata, headWidth, width / heads);
        if (family.HeadsFillWidth && (long)heads * headWidth != width)
            throw metadata.Refused("embedding_length", width, $"it must equal the width of all heads, {heads} × {headWidth}");
        RequirePlainScores(metadata);
        var (global, local, period) = new SpanReader(path, metadata, family).Read();
        var config = new ModelConfig(
            family, layers, width, heads, shared, headWidth, RotaryWidthOf(metadata, family, headWidth),
            metadata.Real("attention.layer_norm_rms_epsilon", least: 0), global, local, period, VocabularyOf(path, file),
            metadata.CountOfEveryLayer("feed_forward_length", layers), file.Tensors.Any(t => t.Name == "blk.0.attn_qkv.weight"));
        ModelTensors.Check(path, file, config);
        return config;
    }

    /// <summary>Keys and values must have the same width in all layers.</summary>
    private static void RequireOneWidth(ModelMetadata metadata, int headWidth, int fallback)
    {
        var values = metadata.Count("attention.value_length", fallback);
        if (values != headWidth)
            throw metadata.Refused("attention.value_length", values, $"it must equal the {headWidth} of attention.key_length");
        ImmutableArray<string> ofLocalLayers = ["attention.key_length_swa", "attention.value_length_swa"];
        foreach (var key in ofLocalLayers)
            if (metadata.Count(key, headWidth) is var local && local != headWidth)
                throw metadata.Refused(key, local, $"it must equal the {headWidth} of attention.key_length");
    }

    private static int RotaryWidthOf(ModelMetadata metadata, ModelFamily family, int headWidth)
    {
        const string Key = "rope.dimension_count";
        var rotary = metadata.Count(Key, headWidth);
        if (family.WholeHeadsRotate && rotary != headWidth)
            throw metadata.Refused(Key, rotary, $"it must equal the head width of {headWidth}, as in llama.cpp");
        if (rotary > headWidth)
            throw metadata.Refused(Key, rotary, $"it must be at most the head width of {headWidth}");
        if (rotary % 2 != 0)
            throw metadata.Refused(Key, rotary, "it must be even: numbers rotate in pairs");
        if (metadata.Count($"{Key}_swa", rotary) is var local && local != rotary)
            throw metadata.Refused($"{Key}_swa", local, $"it must equal the {rotary} of {Key}");
        return rotary;
    }

    /// <summary>Refuses settings that change llama.cpp's attention or its logits and are not supported here.</summary>
    private static void RequirePlainScores(ModelMetadata metadata)
    {
        if (metadata.Has("attention.causal") && !metadata.Boolean("attention.causal"))
            throw metadata.Refused("attention.causal", false, "only causal attention is supported");
        if (metadata.Real("final_logit_softcapping", least: 0, 0) is not 0 and var cap)
            throw metadata.Refused("final_logit_softcapping", cap, "only 0 is supported");
    }

    private static int VocabularyOf(string path, GgufFile file)
    {
        var embedding = file.Tensors.FirstOrDefault(t => t.Name == ModelTensors.Embedding)
            ?? throw ModelTensors.Missing(path, ModelTensors.Embedding);
        var rows = embedding.Dimensions.Length == 2 ? embedding.Dimensions[1] : 1;
        if (file.Metadata.GetValueOrDefault("tokenizer.ggml.tokens") is GgufArray tokens && tokens.Count != rows)
            throw new ModelRejectedException("malformed",
                $"{path}: has {tokens.Count} tokens in 'tokenizer.ggml.tokens' and {rows} rows in the tensor '{embedding.Name}'. "
                + "Convert the model again.");
        return checked((int)rows);
    }
}
