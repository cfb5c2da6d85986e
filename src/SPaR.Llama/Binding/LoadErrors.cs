namespace SPaR.Llama.Binding;

/// <summary>The errors for what llama.cpp refused to load, with the first error line that it logged on this thread.</summary>
internal static class LoadErrors
{
    public static ModelRejectedException Model(string path)
    {
        // llama.cpp logs this only about GPU memory.
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
        $"{file.Path}: llama.cpp cannot create a context of {cells} KV cells ({LlamaLog.FirstError}). "
        + "Lower Llama:Cells, Llama:BatchTokens or, with a GPU, Llama:GpuLayers.");
}
