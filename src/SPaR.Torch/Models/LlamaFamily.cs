using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>The Llama family, forwards and back: RMSNorm, rotary positions, grouped-query attention, SwiGLU, residuals around both.
/// Residuals, norms, rotations and linear maps are differentiated by hand, in place where that spares a pass over memory; what lies
/// between them (the attention's core, the gate) by torch. Nothing here may record gradients but these. Shapes: b rows, t positions,
/// n = b t, h heads, k key-value heads, d a head's width, D the model's.</summary>
internal sealed class LlamaFamily(ModelConfig config)
{
    /// <summary>[b, t] token ids → [n, D].</summary>
    public static Tensor Embed(Pass pass, Tensor tokens) => pass.Weight(LlamaTensors.Embedding).index_select(0, tokens.reshape(-1));

    public static void EmbedBack(Pass pass, Tensor tokens, Tensor dx)
    {
        if (pass.Gradients.Wants(LlamaTensors.Embedding))
            pass.Gradients.AddRows(LlamaTensors.Embedding, tokens.reshape(-1), dx);
    }

    /// <param name="frequencyFactors">LLaMA-3's, or null.</param>
    public Positions PositionsOf(Passage passage, Tensor? frequencyFactors, ScalarType type)
    {
        var frequencies = Enumerable.Range(0, config.RotaryWidth / 2)
            .Select(i => config.RopeScale * Math.Pow(config.RopeBase, -2.0 * i / config.RotaryWidth)).ToArray();
        var rates = tensor(frequencies, [frequencies.Length], ScalarType.Float64, passage.Place);
        if (frequencyFactors is not null)
            rates = rates / frequencyFactors.to_type(ScalarType.Float64);
        var places = passage.Places ?? arange(passage.Time, ScalarType.Int64, passage.Place);
        // Queries are turned and scaled in one go: their products with the keys are the scores.
        var scale = 1 / Math.Sqrt(config.HeadWidth);
        return new Positions(
            passage.Rows, passage.Time, Rotary.Of(rates, places, scale, type), Rotary.Of(rates, places, 1, type),
            Positions.MaskOf(passage, config.KeyValueHeads, config.Heads / config.KeyValueHeads));
    }

    /// <param name="x">[n, D]</param>
    public BlockTrace Block(Pass pass, int layer, Tensor x, Positions positions)
    {
        var name = $"blk.{layer}.";
        var before = Norm(pass, $"{name}attn_norm.weight", x);
        var attention = Attend(pass, name, before.Y, positions);
        var middle = pass.Linear($"{name}attn_output.weight", attention.Output, x);
        var after = Norm(pass, $"{name}ffn_norm.weight", middle);
        var gate = Part.Of(
            pass, x => nn.functional.silu(x[0]) * x[1],
            pass.Linear($"{name}ffn_gate.weight", after.Y), pass.Linear($"{name}ffn_up.weight", after.Y));
        return new BlockTrace(before, attention, after, gate, pass.Linear($"{name}ffn_down.weight", gate.Output, middle));
    }

    /// <param name="dy">[n, D], the gradient by the block's output; becomes that by its input.</param>
    public static void BlockBack(Pass pass, int layer, BlockTrace trace, Positions positions, Tensor dy)
    {
        var name = $"blk.{layer}.";
        var gate = trace.Gate.Back(pass.LinearBack($"{name}ffn_down.weight", trace.Gate.Output, dy));
        var dx = pass.LinearBack($"{name}ffn_gate.weight", trace.After.Y, gate[0]);
        pass.LinearBack($"{name}ffn_up.weight", trace.After.Y, gate[1], dx);
        NormBack(pass, $"{name}ffn_norm.weight", trace.After, dx, dy);

        var heads = trace.Attention.Back(pass.LinearBack($"{name}attn_output.weight", trace.Attention.Output, dy));
        dx = pass.LinearBack($"{name}attn_q.weight", trace.Before.Y, positions.Join(positions.Query.Back(positions.Apart(heads[0]))));
        pass.LinearBack($"{name}attn_k.weight", trace.Before.Y, positions.Join(positions.Key.Back(positions.Apart(heads[1]))), dx);
        pass.LinearBack($"{name}attn_v.weight", trace.Before.Y, positions.Join(positions.Apart(heads[2])), dx);
        NormBack(pass, $"{name}attn_norm.weight", trace.Before, dx, dy);
    }

    /// <summary>[n, D] → [n, D], before the head.</summary>
    public Normed OutputNorm(Pass pass, Tensor x) => Norm(pass, "output_norm.weight", x);

    /// <param name="into">[n, D], to which the gradient by the norm's input is added.</param>
    public static void OutputNormBack(Pass pass, Normed trace, Tensor dy, Tensor into) =>
        NormBack(pass, "output_norm.weight", trace, dy, into);

    private Normed Norm(Pass pass, string name, Tensor x)
    {
        var (y, scale) = RmsNorm.Forward(x, pass.Weight(name), config.Epsilon);
        return new Normed(x, scale, y);
    }

    private static void NormBack(Pass pass, string name, Normed trace, Tensor dy, Tensor into) =>
        RmsNorm.Back(dy, trace.X, trace.Scale, name, pass.Weight(name), pass.Gradients, into);

    /// <returns>Inputs: queries [b k, group t, d], keys and values [b k, t, d]; output: [n, h d].</returns>
    private Part Attend(Pass pass, string name, Tensor x, Positions positions)
    {
        var (b, t, k, d) = (positions.Rows, positions.Time, (long)config.KeyValueHeads, (long)config.HeadWidth);
        var group = config.Heads / k;
        return Part.Of(
            pass,
            heads =>
            {
                // The heads of a group share keys and values: their queries stand behind each other.
                var shares = positions.Softmax(heads[0].bmm(heads[1].transpose(1, 2)));
                return shares.bmm(heads[2]).reshape(b, k * group, t, d).transpose(1, 2).reshape(b * t, k * group * d);
            },
            Group(positions.Query.Forward(Split("attn_q"))), Group(positions.Key.Forward(Split("attn_k"))), Group(Split("attn_v")));

        Tensor Split(string part) => pass.Linear($"{name}{part}.weight", x).reshape(b, t, -1, d);
        Tensor Group(Tensor split) => split.transpose(1, 2).reshape(b * k, -1, d);
    }
}

/// <summary>What a block leaves for its way back.</summary>
/// <param name="Y">[n, D], its output.</param>
internal sealed record BlockTrace(Normed Before, Part Attention, Normed After, Part Gate, Tensor Y)
{
    /// <summary>All but the block's input, which the block before made.</summary>
    public IEnumerable<Tensor> Tensors =>
        [Before.Scale, Before.Y, .. Attention.Tensors, After.X, After.Scale, After.Y, .. Gate.Tensors, Y];
}

/// <param name="X">[n, D], before the norm.</param>
/// <param name="Scale">[n, 1]</param>
/// <param name="Y">[n, D], after it.</param>
internal sealed record Normed(Tensor X, Tensor Scale, Tensor Y);
