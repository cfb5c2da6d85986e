using static SPaR.HuggingFace.Families.TensorNames;

namespace SPaR.HuggingFace.Families;

/// <summary>Qwen 2 and 2.5 (biases of queries, keys and values), and Qwen 3 (norms of queries and keys).</summary>
internal static class QwenFamily
{
    public static Family Qwen2 { get; } = new(
        new("qwen2", "Qwen2ForCausalLM", "qwen2"),
        [
            .. OutsideLayers, LayerNorm("attn_norm", "input_layernorm"), .. Attention(),
            LayerNorm("ffn_norm", "post_attention_layernorm"), .. FeedForward,
        ]);

    public static Family Qwen3 { get; } = new(
        new("qwen3", "Qwen3ForCausalLM", "qwen3"),
        [
            .. OutsideLayers, LayerNorm("attn_norm", "input_layernorm"), .. Attention(), .. QueryAndKeyNorms(),
            LayerNorm("ffn_norm", "post_attention_layernorm"), .. FeedForward,
        ]);
}
