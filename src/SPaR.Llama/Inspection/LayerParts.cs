using static SPaR.Llama.Inspection.TensorRole;

namespace SPaR.Llama.Inspection;

/// <summary>The parts that layers consist of, with the names and shapes of their tensors.</summary>
internal static class LayerParts
{
    /// <summary>Queries, keys and values are three matrices or one. Any may have a bias.</summary>
    public static IEnumerable<TensorRule> Attention(Layer layer)
    {
        var (width, queries, keys) = (layer.Shape.Width, layer.Shape.Queries, layer.Shape.KeysOrValues);
        yield return Norm(layer, "attn_norm", width);
        (string Name, long Rows)[] inputs = layer.Has($"{layer.Prefix}attn_qkv.weight")
            ? [("attn_qkv", queries + 2 * keys)]
            : [("attn_q", queries), ("attn_k", keys), ("attn_v", keys)];
        foreach (var (name, rows) in inputs)
        {
            yield return Weight(layer, name, width, rows);
            yield return Bias(layer, name, rows);
        }
        yield return Weight(layer, "attn_output", queries, width);
    }

    public static IEnumerable<TensorRule> QueryAndKeyNorms(Layer layer) =>
        [Norm(layer, "attn_q_norm", layer.Shape.HeadWidth), Norm(layer, "attn_k_norm", layer.Shape.HeadWidth)];

    public static IEnumerable<TensorRule> AttentionOutputBias(Layer layer) => [Bias(layer, "attn_output", layer.Shape.Width)];

    public static IEnumerable<TensorRule> NormsAfter(Layer layer) =>
        [Norm(layer, "post_attention_norm", layer.Shape.Width), Norm(layer, "post_ffw_norm", layer.Shape.Width)];

    public static IEnumerable<TensorRule> FeedForward(Layer layer)
    {
        var (width, inner) = (layer.Shape.Width, layer.Shape.Inner);
        return
        [
            Norm(layer, "ffn_norm", width), Weight(layer, "ffn_gate", width, inner), Weight(layer, "ffn_up", width, inner),
            Weight(layer, "ffn_down", inner, width),
        ];
    }

    /// <summary>The gate is the first half of one matrix.</summary>
    public static IEnumerable<TensorRule> FusedFeedForward(Layer layer)
    {
        var (width, inner) = (layer.Shape.Width, layer.Shape.Inner);
        return [Norm(layer, "ffn_norm", width), Weight(layer, "ffn_up", width, 2 * inner), Weight(layer, "ffn_down", inner, width)];
    }

    /// <summary>A feed-forward layer whose matrices may have biases, or experts.</summary>
    public static IEnumerable<TensorRule> FeedForwardOrExperts(Layer layer)
    {
        var (width, inner, experts, shared) = (layer.Shape.Width, layer.Shape.Inner, layer.Shape.Experts, layer.Shape.SharedInner);
        if (experts == 0)
            return
            [
                .. FeedForward(layer), Bias(layer, "ffn_gate", inner), Bias(layer, "ffn_up", inner), Bias(layer, "ffn_down", width),
            ];
        TensorRule[] rules =
        [
            Norm(layer, "ffn_norm", width), Weight(layer, "ffn_gate_inp", width, experts),
            Weight(layer, "ffn_gate_exps", width, inner, experts), Weight(layer, "ffn_up_exps", width, inner, experts),
            Weight(layer, "ffn_down_exps", inner, width, experts),
        ];
        return shared == 0 ? rules :
        [
            .. rules, Weight(layer, "ffn_gate_shexp", width, shared), Weight(layer, "ffn_up_shexp", width, shared),
            Weight(layer, "ffn_down_shexp", shared, width),
        ];
    }

    private static TensorRule Weight(Layer layer, string name, params ReadOnlySpan<long> dimensions) =>
        new($"{layer.Prefix}{name}.weight", Matrix, [.. dimensions]);

    private static TensorRule Norm(Layer layer, string name, long width) => new($"{layer.Prefix}{name}.weight", Vector, [width]);

    private static TensorRule Bias(Layer layer, string name, long width) =>
        new($"{layer.Prefix}{name}.bias", Vector, [width], Required: false);
}
