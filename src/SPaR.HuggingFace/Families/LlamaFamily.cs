using static SPaR.HuggingFace.Families.TensorNames;

namespace SPaR.HuggingFace.Families;

/// <summary>Llama 2 and 3, and Mistral: the same layers, and both rotate halves of a head where llama.cpp rotates neighbours.</summary>
internal static class LlamaFamily
{
    private static readonly ImmutableArray<TensorRule> Tensors =
    [
        .. OutsideLayers, LayerNorm("attn_norm", "input_layernorm"),
        .. Attention(TensorChange.QueryRows, TensorChange.KeyRows, outputBias: true),
        LayerNorm("ffn_norm", "post_attention_layernorm"), .. FeedForward,
    ];

    public static Family Llama { get; } = new(
        new("llama", "LlamaForCausalLM", "llama")
        {
            Fixed = new Dictionary<string, string> { ["mlp_bias"] = "false", ["pretraining_tp"] = "1" },
        }, Tensors);

    public static Family Mistral { get; } = new(new("mistral", "MistralForCausalLM", "llama") { HasWindow = true }, Tensors);
}
