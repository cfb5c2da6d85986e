using SPaR.Abstractions;

namespace SPaR.Llama.Backend;

/// <summary>What llama.cpp would not do, with the first error that it logged on this thread.</summary>
internal static class Refusals
{
    public static ModelRejectedException Model(string path)
    {
        // So it says of a graphics processor's memory only.
        var full = LlamaLog.FirstError.Contains("out of memory", StringComparison.Ordinal);
        var next = full ? "Lower Llama:GpuLayers." : "Convert or download the model again.";
        return new("load-failed", $"{path}: llama.cpp cannot load it ({LlamaLog.FirstError}). {next}");
    }

    public static ModelRejectedException Adapter(ModelFile file) => new(
        "load-failed",
        $"{file.Adapter!.Path}: llama.cpp cannot load it as an adapter of {file.Path} ({LlamaLog.FirstError}). "
        + "Train or convert the adapter again.");

    public static ModelRejectedException Context(ContextSettings settings) => new(
        "load-failed",
        $"{settings.File.Path}: llama.cpp cannot make a context of {settings.Shape.Cells} cells ({LlamaLog.FirstError}). "
        + "Lower Llama:Cells, Llama:BatchTokens or, on a graphics processor, Llama:GpuLayers.");
}
