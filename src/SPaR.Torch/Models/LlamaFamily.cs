using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>The Llama family's forward pass as functions of its weights: RMSNorm, rotary positions on adjacent pairs (the order of
/// GGUF's <c>llama</c>), grouped-query attention, SwiGLU. Shapes: b sequences, t positions, h heads, k key-value heads, d a head's
/// width, D the model's.</summary>
/// <param name="weight">A weight by its GGUF name, in the type of the pass.</param>
/// <param name="linear">A product with a matrix by its GGUF name, adapter included.</param>
internal sealed class LlamaFamily(ModelConfig config, Func<string, Tensor> weight, Func<string, Tensor, Tensor> linear)
{
    /// <summary>[b, t] token ids → [b, t, D].</summary>
    public Tensor Embed(Tensor tokens) =>
        weight("token_embd.weight").index_select(0, tokens.reshape(-1)).reshape(tokens.shape[0], tokens.shape[1], config.Width);

    /// <summary>[b, t, D] → [b, t, D].</summary>
    public Tensor Block(int layer, Tensor x, Positions positions)
    {
        var block = $"blk.{layer}.";
        x = x + Attention(block, Norm($"{block}attn_norm.weight", x), positions);
        var normed = Norm($"{block}ffn_norm.weight", x);
        var gate = nn.functional.silu(linear($"{block}ffn_gate.weight", normed));
        return x + linear($"{block}ffn_down.weight", gate * linear($"{block}ffn_up.weight", normed));
    }

    /// <summary>[…, D] → […, vocabulary].</summary>
    /// <param name="head"><c>output.weight</c>, or <c>token_embd.weight</c> where the two are tied.</param>
    public Tensor Logits(string head, Tensor x) => linear(head, Norm("output_norm.weight", x));

    /// <param name="frequencyFactors">LLaMA-3's, or null.</param>
    public Positions PositionsOf(long t, Tensor? frequencyFactors, ScalarType type)
    {
        var frequencies = Enumerable.Range(0, config.RotaryWidth / 2)
            .Select(i => config.RopeScale * Math.Pow(config.RopeBase, -2.0 * i / config.RotaryWidth)).ToArray();
        var rates = tensor(frequencies, [1, frequencies.Length], ScalarType.Float64);
        if (frequencyFactors is not null)
            rates = rates / frequencyFactors.detach().to_type(ScalarType.Float64).reshape(1, -1);
        var angles = arange(t, ScalarType.Float64).reshape(-1, 1) * rates;
        // Above the diagonal lies the future.
        var mask = full([t, t], double.NegativeInfinity, ScalarType.Float32).triu(1);
        return new(cos(angles).to_type(type), sin(angles).to_type(type), mask);
    }

    private Tensor Attention(string block, Tensor x, Positions positions)
    {
        var (b, t) = (x.shape[0], x.shape[1]);
        var (k, group) = (config.KeyValueHeads, config.Heads / config.KeyValueHeads);
        // [b, k, group, t, d] and [b, k, 1, t, d]: the heads of a group share keys and values.
        var query = Rotate(Split($"{block}attn_q.weight", k, group), positions);
        var key = Rotate(Split($"{block}attn_k.weight", k, 1), positions);
        var value = Split($"{block}attn_v.weight", k, 1);
        var scores = matmul(query, key.transpose(-2, -1)) * (1 / Math.Sqrt(config.HeadWidth));
        var exact = scores.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var shares = (scores.to_type(exact) + positions.Mask).softmax(-1).to_type(x.dtype);
        var mixed = matmul(shares, value).permute(0, 3, 1, 2, 4).reshape(b, t, (long)config.Heads * config.HeadWidth);
        return linear($"{block}attn_output.weight", mixed);

        Tensor Split(string name, int heads, int of) =>
            linear(name, x).reshape(b, t, heads, of, config.HeadWidth).permute(0, 2, 3, 1, 4);
    }

    /// <summary>Rotates the pairs (2i, 2i + 1) by their position's angle (arXiv 2104.09864).</summary>
    private Tensor Rotate(Tensor x, Positions positions)
    {
        var rotary = x.narrow(-1, 0, config.RotaryWidth);
        var shape = rotary.shape;
        var pairs = rotary.reshape([.. shape[..^1], config.RotaryWidth / 2, 2]);
        var (even, odd) = (pairs.select(-1, 0), pairs.select(-1, 1));
        var turned = stack(
            [even * positions.Cos - odd * positions.Sin, even * positions.Sin + odd * positions.Cos], -1).reshape(shape);
        return config.RotaryWidth == config.HeadWidth
            ? turned
            : cat([turned, x.narrow(-1, config.RotaryWidth, config.HeadWidth - config.RotaryWidth)], -1);
    }

    private Tensor Norm(string name, Tensor x)
    {
        var exact = x.dtype == ScalarType.Float64 ? x : x.to_type(ScalarType.Float32);
        var scale = rsqrt((exact * exact).mean([-1], true) + config.Epsilon);
        return (exact * scale).to_type(x.dtype) * weight(name);
    }
}

/// <summary>What depends on positions only.</summary>
/// <param name="Cos">[t, rotary / 2]</param>
/// <param name="Sin">[t, rotary / 2]</param>
/// <param name="Mask">[t, t]: 0 where a position may look, −∞ where not.</param>
internal sealed record Positions(Tensor Cos, Tensor Sin, Tensor Mask);
