namespace SPaR.HuggingFace.Config;

/// <summary>The sizes of a model, from which those of every tensor follow.</summary>
/// <param name="Width">Of the residual stream.</param>
/// <param name="HeadWidth">Of an attention head, for keys and values alike.</param>
/// <param name="Inner">Of the hidden layer in a block's feed-forward network.</param>
/// <param name="Vocabulary">Rows of the embedding; a tokenizer may have fewer tokens.</param>
internal sealed record ModelShape(int Layers, int Width, int Heads, int KeyValueHeads, int HeadWidth, int Inner, int Vocabulary)
{
    /// <summary>Of all queries of a position.</summary>
    public long Queries => (long)Heads * HeadWidth;

    /// <summary>Of all keys of a position, and of all its values.</summary>
    public long Keys => (long)KeyValueHeads * HeadWidth;
}

/// <summary>How positions rotate queries and keys.</summary>
/// <param name="Base">The base of the frequencies.</param>
/// <param name="Width">How many numbers of a head rotate.</param>
/// <param name="Scaling">How positions beyond the original context are scaled.</param>
/// <param name="SlidingBase">The base in layers with a window, where it is another.</param>
internal sealed record RopeSettings(float Base, int Width, RopeScaling Scaling, float? SlidingBase = null);

/// <param name="Kind"><c>none</c>, <c>linear</c>, <c>yarn</c> or <c>llama3</c>.</param>
/// <param name="Original">The context before it was scaled, in tokens; 0 for linear scaling.</param>
/// <param name="Low">Of llama3: wavelengths above Original / Low are scaled in full.</param>
/// <param name="High">Of llama3: wavelengths below Original / High are not scaled.</param>
internal sealed record RopeScaling(string Kind, float Factor = 1, int Original = 0, float Low = 0, float High = 0)
{
    public static RopeScaling None { get; } = new("none");
}

/// <summary>What a model computes besides its weights: the same in both formats.</summary>
/// <param name="Context">The context that it was trained with, in tokens.</param>
/// <param name="Epsilon">Of the RMS norms.</param>
/// <param name="Window">How far attention reaches back, in layers with a window; null for all tokens.</param>
/// <param name="SoftCap">Of the logits; null for none.</param>
internal sealed record ModelSettings(
    ModelShape Shape, int Context, float Epsilon, RopeSettings Rope, int? Window = null, float? SoftCap = null);
