namespace SPaR.Torch.Families;

/// <summary>GLM-4-0414 and GLM-Z1: a ChatGLM block with norms after attention and the feed-forward network.</summary>
internal static class Glm4Family
{
    public static ModelFamily Family { get; } = new("glm4")
    {
        Rotary = RotaryPairs.Adjacent,
        HasFusedGate = true,
        HasPostNorms = true,
        FixedMatrices = ["attn_output", "ffn_down"],
    };
}
