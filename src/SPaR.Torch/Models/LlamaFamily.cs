namespace SPaR.Torch.Models;

/// <summary>Forward and backward pass of the Llama family: RMSNorm, rotary positions, grouped-query attention, SwiGLU, a residual around
/// each. Residuals, norms, rotations and linear maps are differentiated by hand, in place where that saves memory traffic; the segments
/// between them (the attention's core, the gate) by torch, and only these may record gradients. Shapes: b rows, t positions, n = b t,
/// h heads, k key-value heads, d the width of a head, D that of the model.</summary>
internal sealed class LlamaFamily(ModelConfig config)
{
    /// <summary>[b, t] token ids → [n, D].</summary>
    public static Tensor Embed(ForwardPass pass, Tensor tokens) => pass.Rows(LlamaTensors.Embedding, tokens.reshape(-1));

    public static void EmbedBackward(ForwardPass pass, Tensor tokens, Tensor dx)
    {
        if (pass.Gradients.Wants(LlamaTensors.Embedding))
            pass.Gradients.AddRows(LlamaTensors.Embedding, tokens.reshape(-1), dx);
    }

    /// <param name="frequencyFactors">Llama 3's; null without them.</param>
    public PositionEncoding EncodePositions(PackedSequences sequences, Tensor? frequencyFactors, ScalarType type)
    {
        var frequencies = Enumerable.Range(0, config.RotaryWidth / 2)
            .Select(i => config.RopeScale * Math.Pow(config.RopeBase, -2.0 * i / config.RotaryWidth)).ToArray();
        var rates = tensor(frequencies, [frequencies.Length], ScalarType.Float64, sequences.Device);
        if (frequencyFactors is not null)
            rates = rates / frequencyFactors.to_type(ScalarType.Float64);
        var positionIds = sequences.PositionIds ?? arange(sequences.Time, ScalarType.Int64, sequences.Device);
        // Queries are rotated and scaled in one step: their products with the keys are the scores.
        var scale = 1 / Math.Sqrt(config.HeadWidth);
        return new PositionEncoding(
            sequences.Rows, sequences.Time, Rotary.Of(rates, positionIds, scale, type), Rotary.Of(rates, positionIds, 1, type),
            PositionEncoding.MaskOf(sequences, config.KeyValueHeads, config.Heads / config.KeyValueHeads));
    }

    /// <param name="x">[n, D]</param>
    public BlockTrace Block(ForwardPass pass, int layer, Tensor x, PositionEncoding positions)
    {
        var name = $"blk.{layer}.";
        var before = Norm(pass, $"{name}attn_norm.weight", x);
        var attention = Attend(pass, name, before.Y, positions);
        var middle = pass.Linear($"{name}attn_output.weight", attention.Output, x);
        var after = Norm(pass, $"{name}ffn_norm.weight", middle);
        var gate = AutogradSegment.Of(
            pass, x => nn.functional.silu(x[0]) * x[1],
            pass.Linear($"{name}ffn_gate.weight", after.Y), pass.Linear($"{name}ffn_up.weight", after.Y));
        return new BlockTrace(before, attention, after, gate, pass.Linear($"{name}ffn_down.weight", gate.Output, middle));
    }

    /// <param name="dy">[n, D], the gradient with respect to the block's output; becomes the one with respect to its input.</param>
    public static void BlockBackward(ForwardPass pass, int layer, BlockTrace trace, PositionEncoding positions, Tensor dy)
    {
        var name = $"blk.{layer}.";
        var gate = trace.Gate.Backward(pass.LinearBackward($"{name}ffn_down.weight", trace.Gate.Output, dy));
        var dx = pass.LinearBackward($"{name}ffn_gate.weight", trace.After.Y, gate[0]);
        pass.LinearBackward($"{name}ffn_up.weight", trace.After.Y, gate[1], dx);
        NormBackward(pass, $"{name}ffn_norm.weight", trace.After, dx, dy);

        var heads = trace.Attention.Backward(pass.LinearBackward($"{name}attn_output.weight", trace.Attention.Output, dy));
        var dq = positions.JoinHeads(positions.Query.Backward(positions.SplitHeads(heads[0])));
        var dk = positions.JoinHeads(positions.Key.Backward(positions.SplitHeads(heads[1])));
        dx = pass.LinearBackward($"{name}attn_q.weight", trace.Before.Y, dq);
        pass.LinearBackward($"{name}attn_k.weight", trace.Before.Y, dk, dx);
        pass.LinearBackward($"{name}attn_v.weight", trace.Before.Y, positions.JoinHeads(positions.SplitHeads(heads[2])), dx);
        NormBackward(pass, $"{name}attn_norm.weight", trace.Before, dx, dy);
    }

    /// <summary>[n, D] → [n, D], before the head.</summary>
    public Normed OutputNorm(ForwardPass pass, Tensor x) => Norm(pass, "output_norm.weight", x);

    /// <param name="into">[n, D], to which the gradient with respect to the norm's input is added.</param>
    public static void OutputNormBackward(ForwardPass pass, Normed trace, Tensor dy, Tensor into) =>
        NormBackward(pass, "output_norm.weight", trace, dy, into);

    private Normed Norm(ForwardPass pass, string name, Tensor x)
    {
        var (y, scale) = RmsNorm.Forward(x, pass.Weight(name), config.Epsilon);
        return new Normed(x, scale, y);
    }

    private static void NormBackward(ForwardPass pass, string name, Normed trace, Tensor dy, Tensor into) =>
        RmsNorm.Backward(dy, trace.X, trace.Scale, name, pass.Weight(name), pass.Gradients, into);

    /// <returns>Inputs: queries [b k, group t, d], keys and values [b k, t, d]; output: [n, h d].</returns>
    private AutogradSegment Attend(ForwardPass pass, string name, Tensor x, PositionEncoding positions)
    {
        var (b, t, k, d) = (positions.Rows, positions.Time, (long)config.KeyValueHeads, (long)config.HeadWidth);
        var group = config.Heads / k;
        return AutogradSegment.Of(
            pass,
            heads =>
            {
                // The heads of a group share keys and values, so their queries are concatenated.
                var attention = positions.Softmax(heads[0].bmm(heads[1].transpose(1, 2)));
                return attention.bmm(heads[2]).reshape(b, k * group, t, d).transpose(1, 2).reshape(b * t, k * group * d);
            },
            Group(positions.Query.Forward(Split("attn_q"))), Group(positions.Key.Forward(Split("attn_k"))), Group(Split("attn_v")));

        Tensor Split(string matrix) => pass.Linear($"{name}{matrix}.weight", x).reshape(b, t, -1, d);
        Tensor Group(Tensor split) => split.transpose(1, 2).reshape(b * k, -1, d);
    }
}

/// <summary>What a block keeps for its backward pass.</summary>
/// <param name="Y">[n, D], its output.</param>
internal sealed record BlockTrace(Normed Before, AutogradSegment Attention, Normed After, AutogradSegment Gate, Tensor Y)
{
    /// <summary>All but the block's input, which the previous block owns.</summary>
    public IEnumerable<Tensor> Tensors =>
        [Before.Scale, Before.Y, .. Attention.Tensors, After.X, After.Scale, After.Y, .. Gate.Tensors, Y];
}

/// <param name="X">[n, D], the norm's input.</param>
/// <param name="Scale">[n, 1]</param>
/// <param name="Y">[n, D], its output.</param>
internal sealed record Normed(Tensor X, Tensor Scale, Tensor Y);
