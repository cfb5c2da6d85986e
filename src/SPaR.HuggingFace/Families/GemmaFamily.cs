using static SPaR.HuggingFace.Families.TensorChange;
using static SPaR.HuggingFace.Families.TensorNames;

namespace SPaR.HuggingFace.Families;

/// <summary>Gemma 3's text models: norms on both sides of attention and feed-forward, each of 1 + its weight.</summary>
internal static class GemmaFamily
{
    public static Family Gemma3 { get; } = new(
        new("gemma3_text", "Gemma3ForCausalLM", "gemma3")
        {
            Activation = "gelu_pytorch_tanh",
            ActivationName = "hidden_activation",
            TiedByDefault = true,
            DefaultRopeBase = 1_000_000,
            HasSlidingLayers = true,
            Fixed = new Dictionary<string, string> { ["attention_bias"] = "false" },
        },
        [
            OutsideLayers[0], Norm("output_norm", "model.norm", PlusOne), OutsideLayers[2],
            LayerNorm("attn_norm", "input_layernorm", PlusOne), .. Attention(), .. QueryAndKeyNorms(PlusOne),
            LayerNorm("post_attention_norm", "post_attention_layernorm", PlusOne),
            LayerNorm("ffn_norm", "pre_feedforward_layernorm", PlusOne), .. FeedForward,
            LayerNorm("post_ffw_norm", "post_feedforward_layernorm", PlusOne),
        ]);
}
