using SPaR.Abstractions;
using SPaR.Gguf;

namespace SPaR.Torch.Models;

/// <summary>The shape of a Llama model, as its GGUF file says it.</summary>
/// <param name="Width">Of the residual stream.</param>
/// <param name="HeadWidth">Of one attention head.</param>
/// <param name="RotaryWidth">How many of a head's numbers are rotated by position.</param>
/// <param name="RopeScale">Positions are multiplied by this before they rotate (linear scaling; 1 is none).</param>
internal sealed record ModelConfig(
    int Layers, int Width, int Heads, int KeyValueHeads, int HeadWidth, int RotaryWidth, double Epsilon, double RopeBase,
    double RopeScale, int VocabularySize)
{
    public const string Architecture = "llama";

    /// <exception cref="ModelRejectedException">Another architecture, or a kind of scaling that is not computed here.</exception>
    public static ModelConfig Read(string path, GgufFile file)
    {
        if (file.Metadata.GetValueOrDefault("general.architecture") as string is not Architecture)
            throw new ModelRejectedException(
                "unknown-architecture",
                $"{path}: has the architecture '{file.Metadata.GetValueOrDefault("general.architecture")}', which cannot be trained here. "
                + $"Supported: {Architecture}.");
        var width = (int)Number("embedding_length");
        var heads = (int)Number("attention.head_count");
        var headWidth = (int)Number("attention.key_length", width / heads);
        // llama.cpp takes a factor without a type for linear scaling.
        var scaling = file.Metadata.GetValueOrDefault($"{Architecture}.rope.scaling.type") as string ?? "linear";
        if (scaling is not ("none" or "linear"))
            throw new ModelRejectedException(
                "unsupported-rope", $"{path}: scales its positions by '{scaling}', which cannot be trained here. Supported: none, linear.");
        var embedding = file.Tensors.FirstOrDefault(t => t.Name == "token_embd.weight")
            ?? throw new ModelRejectedException("malformed", $"{path}: has no tensor 'token_embd.weight'. Convert the model again.");
        return new(
            (int)Number("block_count"), width, heads, (int)Number("attention.head_count_kv", heads), headWidth,
            (int)Number("rope.dimension_count", headWidth), Number("attention.layer_norm_rms_epsilon"),
            Number("rope.freq_base", 10_000), scaling == "linear" ? 1 / Number("rope.scaling.factor", Number("rope.scale_linear", 1)) : 1,
            (int)embedding.Dimensions[1]);

        double Number(string key, double? otherwise = null) => file.Metadata.GetValueOrDefault($"{Architecture}.{key}") switch
        {
            long whole => whole,
            ulong whole => whole,
            double real => real,
            _ => otherwise ?? throw new ModelRejectedException(
                "malformed", $"{path}: has no number '{Architecture}.{key}' in its metadata. Convert the model again."),
        };
    }
}
