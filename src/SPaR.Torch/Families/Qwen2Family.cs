namespace SPaR.Torch.Families;

/// <summary>Qwen 1.5, 2 and 2.5 (arXiv 2407.10671): a Llama block with biases of queries, keys and values.</summary>
internal static class Qwen2Family
{
    public static ModelFamily Family { get; } = new("qwen2")
    {
        WholeHeadsRotate = true,
        HeadsFillWidth = true,
        HasOutputBias = true,
    };
}
