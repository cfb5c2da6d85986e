using SPaR.Gguf;
using SPaR.Torch.Models;

namespace SPaR.Torch.Training;

/// <summary>The memory of one thread's forward and backward pass, in bytes. Terms are listed in the order in which a pass allocates
/// them.</summary>
internal sealed class PassMemory(GgufFile file, ModelConfig config, TrainingOptions options, TrainingShape shape)
{
    private const int F32 = 4, BF16 = 2;

    /// <summary>What the blocks keep for their backward pass, plus the most that the head or one block's backward pass adds.</summary>
    public long Activations => Mask + Kept + Math.Max(HeadOf(keep: !options.GradientCheckpointing), BlockBackward);

    /// <summary>What a pass without gradients takes at most: in and out of a block with all that the block computes, or the head.</summary>
    public long Evaluation => Mask + 2 * Positions * Width * Number + Math.Max(HeadOf(keep: false), Trace);

    /// <summary>Weights in the type of the pass: casts of all master copies, or one frozen matrix at a time.</summary>
    public long Converted
    {
        get
        {
            if (options.Lora is null)
                return Number == F32 ? 0 : file.Tensors.Sum(t => t.Elements) * Number;
            return file.Tensors.Where(t => t.Name.StartsWith("blk.", StringComparison.Ordinal) && t.Dimensions.Length == 2 && !InPlace(t))
                .Select(t => t.Elements).DefaultIfEmpty(0).Max() * Number;
        }
    }

    /// <summary>Bytes of a number in the type of the pass.</summary>
    private int Number => options.Bf16 ? BF16 : F32;

    private long Positions => shape.Rows * shape.Tokens;

    private long Width => config.Width;

    private long Inner => config.FeedForwardWidth;

    private long Queries => (long)config.Heads * config.HeadWidth;

    private long Keys => (long)config.KeyValueHeads * config.HeadWidth;

    /// <summary>One for each head and pair of positions.</summary>
    private long Scores => shape.Rows * config.Heads * shape.Tokens * shape.Tokens;

    private long Mask => shape.Packed ? Scores * F32 : 0;

    /// <summary>Of a block: the outputs of its norms, its residuals, queries, keys, values and their mix, gate, up, SiLU and product; the
    /// attention weights, in F32 and in the type of the pass.</summary>
    private long Trace =>
        Positions * (4 * Width + 2 * Queries + 2 * Keys + 4 * Inner) * Number + Scores * (Number == F32 ? F32 : F32 + BF16);

    private long Kept => Positions * Width * Number
        + (options.GradientCheckpointing ? config.Layers * Positions * Width * Number + Trace : config.Layers * Trace);

    /// <summary>The gradients of what a block keeps.</summary>
    private long BlockBackward =>
        Positions * (6 * Width + 4 * Queries + 4 * Keys + 5 * Inner) * Number + 3 * Scores * F32;

    /// <summary>The log-probabilities where they are kept, and the chunks that are computed; or a frozen matrix's rows and their
    /// logits.</summary>
    private long HeadOf(bool keep)
    {
        var logits = shape.Targets * config.VocabularySize;
        var inputs = shape.Targets * Width * (3 * Number + 2 * F32);
        var matrix = file.Tensors.FirstOrDefault(t => t.Name == ModelTensors.Head)
            ?? file.Tensors.First(t => t.Name == ModelTensors.Embedding);
        if (options.Lora is not null && !InPlace(matrix))
            return inputs + 3 * Math.Min(logits, LanguageModel.ChunkNumbers) * F32
                + Math.Min(matrix.Elements, LanguageModel.ChunkNumbers) * (Number == F32 ? F32 : F32 + BF16);
        return keep && logits <= LanguageModel.KeptNumbers
            ? inputs + (logits + 2 * Math.Min(logits, LanguageModel.ChunkNumbers)) * F32
            : inputs + 3 * Math.Min(logits, LanguageModel.ChunkNumbers / 4) * F32;
    }

    private bool InPlace(GgufTensor tensor) => tensor.Type.Name == (Number == F32 ? "F32" : "BF16");
}
