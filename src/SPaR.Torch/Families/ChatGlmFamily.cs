namespace SPaR.Torch.Families;

/// <summary>ChatGLM3 and GLM-4-9B (arXiv 2406.12793): half of each head rotates; one matrix with a bias for queries, keys and values, one
/// for gate and up projection.</summary>
internal static class ChatGlmFamily
{
    public static ModelFamily Family { get; } = new("chatglm")
    {
        Rotary = RotaryPairs.Adjacent,
        HeadsFillWidth = true,
        HasFusedGate = true,
    };
}
