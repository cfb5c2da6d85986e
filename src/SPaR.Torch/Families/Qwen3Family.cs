namespace SPaR.Torch.Families;

/// <summary>Qwen 3 (arXiv 2505.09388): queries and keys are normalised head by head instead of having biases.</summary>
internal static class Qwen3Family
{
    public static ModelFamily Family { get; } = new("qwen3")
    {
        WholeHeadsRotate = true,
        HasQueryAndKeyNorms = true,
    };
}
