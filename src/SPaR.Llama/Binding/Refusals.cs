using SPaR.Abstractions;

namespace SPaR.Llama.Binding;

/// <summary>The errors for what llama.cpp refused, with the first error line that it logged on this thread.</summary>
internal static class Refusals
{
    public static ModelRejectedException Model(string path)
    {
        // llama.cpp logs this only about a graphics processor's memory.
        var full = LlamaLog.FirstError.Contains("out of memory", StringComparison.Ordinal);
        var next = full ? "Lower Llama:GpuLayers." : "Convert or download the model again.";
        return new("load-failed", $"{path}: llama.cpp cannot load it ({LlamaLog.FirstError}). {next}");
    }

    public static ModelRejectedException Adapter(ModelFile file) => new(
        "load-failed",
        $"{file.Adapter!.Path}: llama.cpp cannot load it as an adapter of {file.Path} ({LlamaLog.FirstError}). "
        + "Train or convert the adapter again.");

    public static ModelRejectedException Context(ModelFile file, int cells) => new(
        "load-failed",
        $"{file.Path}: llama.cpp cannot make a context of {cells} cells ({LlamaLog.FirstError}). "
        + "Lower Llama:Cells, Llama:BatchTokens or, on a graphics processor, Llama:GpuLayers.");
}
