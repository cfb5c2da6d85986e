namespace SPaR.Torch.Models;

/// <summary>Forward and backward pass of every family: embedding, blocks of attention and feed-forward network with a residual around
/// each, and the last norm. Residuals, norms, rotations and linear maps are differentiated by hand, in place where that saves memory
/// traffic; the segments between them (the attention's core, the gate) by torch, and only these may record gradients. Shapes: b rows,
/// t positions, n = b t, h heads, k key-value heads, d the width of a head, D that of the model.</summary>
internal sealed class Transformer(ModelConfig config)
{
    private readonly AttentionLayer _attention = new(config);
    private readonly FeedForwardLayer _feedForward = new(config);

    private double EmbeddingScale => config.Family.ScalesEmbedding ? Math.Sqrt(config.Width) : 1;

    /// <summary>[b, t] token ids → [n, D].</summary>
    public Tensor Embed(ForwardPass pass, Tensor tokens)
    {
        var x = pass.Rows(ModelTensors.Embedding, tokens.reshape(-1));
        return EmbeddingScale == 1 ? x : x.mul_(EmbeddingScale);
    }

    public void EmbedBackward(ForwardPass pass, Tensor tokens, Tensor dx)
    {
        if (pass.Gradients.Wants(ModelTensors.Embedding))
            pass.Gradients.AddRows(ModelTensors.Embedding, tokens.reshape(-1), EmbeddingScale == 1 ? dx : dx * EmbeddingScale);
    }

    /// <param name="frequencyFactors">Llama 3's; null without them.</param>
    /// <returns>By layer; layers of the same span share theirs.</returns>
    public PositionEncoding[] EncodePositions(PackedSequences sequences, Tensor? frequencyFactors, ScalarType type)
    {
        var spans = Enumerable.Range(0, config.Layers).Select(config.SpanOf).ToArray();
        var encodings = spans.Distinct().ToDictionary(s => s, s => Encode(sequences, s, frequencyFactors, type));
        return [.. spans.Select(s => encodings[s])];
    }

    /// <param name="x">[n, D]</param>
    public BlockTrace Block(ForwardPass pass, int layer, Tensor x, PositionEncoding positions)
    {
        var name = $"blk.{layer}.";
        var before = Norm(pass, $"{name}attn_norm.weight", x);
        var attention = _attention.Forward(pass, name, before.Y, positions);
        var middle = Project(pass, $"{name}attn_output.weight", $"{name}post_attention_norm.weight", attention.Output, x);
        var after = Norm(pass, $"{name}ffn_norm.weight", middle.Y);
        var gate = _feedForward.Forward(pass, name, after.Y);
        return new BlockTrace(
            before, attention, middle, after, gate,
            Project(pass, $"{name}ffn_down.weight", $"{name}post_ffw_norm.weight", gate.Output, middle.Y));
    }

    /// <param name="dy">[n, D], the gradient with respect to the block's output; becomes the one with respect to its input.</param>
    public void BlockBackward(ForwardPass pass, int layer, BlockTrace trace, PositionEncoding positions, Tensor dy)
    {
        var name = $"blk.{layer}.";
        var dgate = ProjectBackward(
            pass, $"{name}ffn_down.weight", $"{name}post_ffw_norm.weight", trace.Result, trace.Gate.Output, dy);
        var dx = _feedForward.Backward(pass, name, trace.Gate, trace.After.Y, dgate);
        NormBackward(pass, $"{name}ffn_norm.weight", trace.After, dx, dy);

        var dheads = ProjectBackward(
            pass, $"{name}attn_output.weight", $"{name}post_attention_norm.weight", trace.Middle, trace.Attention.Output, dy);
        dx = _attention.Backward(pass, name, trace.Attention, trace.Before.Y, positions, dheads);
        NormBackward(pass, $"{name}attn_norm.weight", trace.Before, dx, dy);
    }

    /// <summary>[n, D] → [n, D], before the head.</summary>
    public Normed OutputNorm(ForwardPass pass, Tensor x) => Norm(pass, "output_norm.weight", x);

    /// <param name="into">[n, D], to which the gradient with respect to the norm's input is added.</param>
    public static void OutputNormBackward(ForwardPass pass, Normed trace, Tensor dy, Tensor into) =>
        NormBackward(pass, "output_norm.weight", trace, dy, into);

    private PositionEncoding Encode(PackedSequences sequences, AttentionSpan span, Tensor? frequencyFactors, ScalarType type)
    {
        var frequencies = span.Frequencies(config.RotaryWidth);
        var rates = tensor(frequencies, [frequencies.Length], ScalarType.Float64, sequences.Device);
        if (frequencyFactors is not null)
            rates = rates / frequencyFactors.to_type(ScalarType.Float64);
        var positionIds = sequences.PositionIds ?? arange(sequences.Time, ScalarType.Int64, sequences.Device);
        return new PositionEncoding(
            sequences.Rows, sequences.Time,
            // Queries are rotated and scaled in one step: their products with the keys are the scores.
            Rotary.Of(config.Family.Rotary, rates, positionIds, 1 / Math.Sqrt(config.ScoreWidth), span.Magnitude, type),
            Rotary.Of(config.Family.Rotary, rates, positionIds, 1, span.Magnitude, type),
            PositionEncoding.MaskOf(sequences, config.KeyValueHeads, config.Heads / config.KeyValueHeads, span.Window));
    }

    /// <summary>x + y Wᵀ; where the family has a norm after it, x + norm(y Wᵀ).</summary>
    /// <param name="x">[n, D], the residual.</param>
    private Projected Project(ForwardPass pass, string matrix, string norm, Tensor y, Tensor x)
    {
        if (!config.Family.HasPostNorms)
            return new Projected(null, pass.Linear(matrix, y, x));
        var normed = Norm(pass, norm, pass.Linear(matrix, y));
        return new Projected(normed, normed.Y + x);
    }

    /// <returns>The gradient with respect to y.</returns>
    private static Tensor ProjectBackward(ForwardPass pass, string matrix, string norm, Projected trace, Tensor y, Tensor dy)
    {
        if (trace.Norm is not { } normed)
            return pass.LinearBackward(matrix, y, dy);
        var dlinear = zeros_like(dy);
        NormBackward(pass, norm, normed, dy, dlinear);
        return pass.LinearBackward(matrix, y, dlinear);
    }

    private Normed Norm(ForwardPass pass, string name, Tensor x) => RmsNorm.Forward(pass, name, x, config.Epsilon);

    private static void NormBackward(ForwardPass pass, string name, Normed trace, Tensor dy, Tensor into) =>
        RmsNorm.Backward(pass, name, trace, dy, into);
}

/// <summary>What a block keeps for its backward pass.</summary>
internal sealed record BlockTrace(
    Normed Before, AttentionTrace Attention, Projected Middle, Normed After, AutogradSegment Gate, Projected Result)
{
    /// <summary>[n, D], the block's output.</summary>
    public Tensor Y => Result.Y;

    /// <summary>All but the block's input, which the previous block owns.</summary>
    public IEnumerable<Tensor> Tensors =>
        [Before.Scale, Before.Y, .. Attention.Tensors, .. Middle.Tensors, After.Scale, After.Y, .. Gate.Tensors, .. Result.Tensors];
}

/// <param name="Norm">After the matrix; null in families without it.</param>
/// <param name="Y">[n, D], the sum with the residual.</param>
internal sealed record Projected(Normed? Norm, Tensor Y)
{
    public IEnumerable<Tensor> Tensors => Norm is null ? [Y] : [Norm.X, Norm.Scale, Y];
}
