using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>The shape of a Llama model, as its GGUF file states it. A model that llama.cpp would not load, or would compute differently
/// from the trainer, is refused here, before any weight is read.</summary>
/// <param name="Width">Of the residual stream.</param>
/// <param name="HeadWidth">Of an attention head, for keys and values alike.</param>
/// <param name="RotaryWidth">How much of a head's width is rotated by position; in this family all of it.</param>
/// <param name="RopeScale">Positions are multiplied by this before they rotate (linear scaling; 1 is none).</param>
/// <param name="FeedForwardWidth">Of the hidden layer in a block's feed-forward network.</param>
internal sealed record ModelConfig(
    int Layers, int Width, int Heads, int KeyValueHeads, int HeadWidth, int RotaryWidth, double Epsilon, double RopeBase,
    double RopeScale, int VocabularySize, int FeedForwardWidth)
{
    public const string Architecture = "llama";

    /// <exception cref="ModelRejectedException">The architecture or a feature is not supported, or the metadata contradict themselves or
    /// the tensors. The message names key, value and what to do.</exception>
    public static ModelConfig Read(string path, GgufFile file)
    {
        var name = file.Metadata.GetValueOrDefault("general.architecture");
        if (name is not Architecture)
            throw new ModelRejectedException(
                "unknown-architecture", $"{path}: the architecture '{name}' cannot be trained. Use a {Architecture} model.");
        var metadata = new ModelMetadata(path, file, Architecture);
        var layers = metadata.Count("block_count");
        var width = metadata.Count("embedding_length");
        var heads = metadata.CountOfEveryLayer("attention.head_count", layers);
        var shared = metadata.CountOfEveryLayer("attention.head_count_kv", layers, heads);
        if (heads % shared != 0)
            throw metadata.Refused("attention.head_count_kv", shared, $"it must divide the {heads} of attention.head_count");
        if (width % heads != 0 && !metadata.Has("attention.key_length"))
            throw metadata.Refused("embedding_length", width, $"without attention.key_length it must be a multiple of the {heads} heads");
        var headWidth = metadata.Count("attention.key_length", width / heads);
        RequireWholeHeads(metadata, headWidth, width / heads);
        RequirePlainAttention(metadata);
        var config = new ModelConfig(
            layers, width, heads, shared, headWidth, headWidth, metadata.Real("attention.layer_norm_rms_epsilon", least: 0),
            metadata.Real("rope.freq_base", least: double.Epsilon, 10_000), RopeScaleOf(path, metadata), VocabularyOf(path, file),
            metadata.CountOfEveryLayer("feed_forward_length", layers));
        LlamaTensors.Check(path, file, config);
        return config;
    }

    /// <summary>llama.cpp loads a Llama only if keys and values have the same width and rotate completely.</summary>
    private static void RequireWholeHeads(ModelMetadata metadata, int headWidth, int fallback)
    {
        var values = metadata.Count("attention.value_length", fallback);
        if (values != headWidth)
            throw metadata.Refused("attention.value_length", values, $"it must equal the {headWidth} of attention.key_length");
        var rotary = metadata.Count("rope.dimension_count", headWidth);
        if (rotary != headWidth)
            throw metadata.Refused("rope.dimension_count", rotary, $"it must equal the head width of {headWidth}, as in llama.cpp");
        if (headWidth % 2 != 0)
            throw metadata.Refused("rope.dimension_count", rotary, "it must be even: numbers rotate in pairs");
    }

    /// <summary>Refuses settings that change llama.cpp's attention and are not supported here.</summary>
    private static void RequirePlainAttention(ModelMetadata metadata)
    {
        if (metadata.Real("rope.scaling.attn_factor", least: 0, 1) is not 1 and var factor)
            throw metadata.Refused("rope.scaling.attn_factor", factor, "only 1 is supported");
        if (metadata.Has("attention.causal") && !metadata.Boolean("attention.causal"))
            throw metadata.Refused("attention.causal", false, "only causal attention is supported");
    }

    /// <summary>As in llama.cpp, a factor without a type means linear scaling, and the old key counts if the new one is missing.</summary>
    private static double RopeScaleOf(string path, ModelMetadata metadata)
    {
        var scaling = metadata.Text("rope.scaling.type", "linear");
        if (scaling is not ("none" or "linear"))
            throw new ModelRejectedException(
                "unsupported-rope", $"{path}: the position scaling '{scaling}' cannot be trained. Use a model with none or linear.");
        var key = metadata.Has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
        return scaling == "linear" ? 1 / metadata.Real(key, least: double.Epsilon, 1) : 1;
    }

    private static int VocabularyOf(string path, GgufFile file)
    {
        var embedding = file.Tensors.FirstOrDefault(t => t.Name == LlamaTensors.Embedding)
            ?? throw LlamaTensors.Missing(path, LlamaTensors.Embedding);
        var rows = embedding.Dimensions.Length == 2 ? embedding.Dimensions[1] : 1;
        if (file.Metadata.GetValueOrDefault("tokenizer.ggml.tokens") is GgufArray tokens && tokens.Count != rows)
            throw new ModelRejectedException("malformed",
                $"{path}: has {tokens.Count} tokens in 'tokenizer.ggml.tokens' and {rows} rows in the tensor '{embedding.Name}'. "
                + "Convert the model again.");
        return checked((int)rows);
    }
}
