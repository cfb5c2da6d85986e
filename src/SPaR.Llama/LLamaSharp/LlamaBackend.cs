using SPaR.Llama.LLamaSharp;

namespace SPaR.Llama.Backend;

internal static class LlamaBackend
{
    /// <summary>The one that is compiled in.</summary>
    public static ILlamaBackend Compiled { get; } = new LLamaSharpBackend();
}
