namespace SPaR.Llama.Inspection;

/// <summary>The families of decoder-only models whose text generation with llama.cpp is relied on here, by the name in the file.
/// Recurrent, encoder and diffusion models need other handling of sequences and are left out.</summary>
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
        "llama",     // Llama 2 and 3, Mistral, and many others of that form
        "mistral3",  // Ministral 3, Mistral Small 3
        "phi3",      // Phi-3, Phi-3.5, Phi-4
        "qwen2",
        "qwen3",
    ];
}
