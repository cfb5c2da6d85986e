namespace SPaR.Torch.Families;

/// <summary>Llama 2 and 3, Mistral 7B and the many models of their shape (arXiv 2302.13971). GGUF stores their queries and keys so that
/// adjacent numbers rotate together.</summary>
internal static class LlamaFamily
{
    public static ModelFamily Family { get; } = new("llama")
    {
        Rotary = RotaryPairs.Adjacent,
        WholeHeadsRotate = true,
        HasFrequencyFactors = true,
    };
}
