using SPaR.Abstractions;
using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>The shape of a Llama model, as its GGUF file says it. What llama.cpp would compute otherwise than the trainer, or would
/// not load, is refused here, before a weight is read.</summary>
/// <param name="Width">Of the residual stream.</param>
/// <param name="HeadWidth">Of one attention head, for keys and values alike.</param>
/// <param name="RotaryWidth">How many of a head's numbers are rotated by position; in this family all of them.</param>
/// <param name="RopeScale">Positions are multiplied by this before they rotate (linear scaling; 1 is none).</param>
/// <param name="FeedForwardWidth">Of the hidden layer in a block's feed-forward part.</param>
internal sealed record ModelConfig(
    int Layers, int Width, int Heads, int KeyValueHeads, int HeadWidth, int RotaryWidth, double Epsilon, double RopeBase,
    double RopeScale, int VocabularySize, int FeedForwardWidth)
{
    public const string Architecture = "llama";

    /// <exception cref="ModelRejectedException">Another architecture, a kind of model that is not computed here, or metadata that
    /// contradict themselves or the tensors; names key, value and what to do.</exception>
    public static ModelConfig Read(string path, GgufFile file)
    {
        var name = file.Metadata.GetValueOrDefault("general.architecture");
        if (name is not Architecture)
            throw new ModelRejectedException(
                "unknown-architecture", $"{path}: has the architecture '{name}', which cannot be trained here. Supported: {Architecture}.");
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

    /// <summary>llama.cpp loads a Llama only with keys and values of one width, all of which rotates.</summary>
    private static void RequireWholeHeads(ModelMetadata metadata, int headWidth, int otherwise)
    {
        var values = metadata.Count("attention.value_length", otherwise);
        if (values != headWidth)
            throw metadata.Refused("attention.value_length", values, $"it must equal the {headWidth} of attention.key_length");
        var rotary = metadata.Count("rope.dimension_count", headWidth);
        if (rotary != headWidth)
            throw metadata.Refused("rope.dimension_count", rotary, $"it must equal a head's width of {headWidth}, as in llama.cpp");
        if (headWidth % 2 != 0)
            throw metadata.Refused("rope.dimension_count", rotary, "it must be even: numbers rotate in pairs");
    }

    /// <summary>What changes llama.cpp's attention and is not computed here.</summary>
    private static void RequirePlainAttention(ModelMetadata metadata)
    {
        if (metadata.Real("rope.scaling.attn_factor", least: 0, 1) is not 1 and var factor)
            throw metadata.Refused("rope.scaling.attn_factor", factor, "only 1 can be trained here");
        if (metadata.Has("attention.causal") && !metadata.YesOrNo("attention.causal"))
            throw metadata.Refused("attention.causal", false, "only causal attention can be trained here");
    }

    /// <summary>llama.cpp takes a factor without a type for linear scaling, and its old key where the new one is missing.</summary>
    private static double RopeScaleOf(string path, ModelMetadata metadata)
    {
        var scaling = metadata.Text("rope.scaling.type", "linear");
        if (scaling is not ("none" or "linear"))
            throw new ModelRejectedException(
                "unsupported-rope", $"{path}: scales its positions by '{scaling}', which cannot be trained here. Supported: none, linear.");
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
