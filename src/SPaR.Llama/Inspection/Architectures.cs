namespace SPaR.Llama.Inspection;

/// <summary>The supported families of decoder-only models, by their name in the file. Recurrent, encoder and diffusion models handle
/// sequences differently and are not supported.</summary>
internal static class Architectures
{
    public static IReadOnlyList<string> Known { get; } =
    [
        "chatglm",   // GLM-4-9B, ChatGLM3
        "gemma",
        "gemma2",
        "gemma3",
        "glm4",      // GLM-4-0414
        "granite",
        "llama",     // Llama 2 and 3, Mistral, and many others of the same architecture
        "mistral3",  // Ministral 3, Mistral Small 3
        "phi3",      // Phi-3, Phi-3.5, Phi-4
        "qwen2",
        "qwen3",
    ];
}
