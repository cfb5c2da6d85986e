using SPaR.Abstractions;
using SPaR.Gguf;

namespace SPaR.Llama.Memory;

/// <summary>Reads what a model will take from its files. llama.cpp sees only what the managed reader has passed.</summary>
internal static class ModelPlan
{
    /// <returns>The plan, and the context that the model was trained with, in tokens.</returns>
    /// <exception cref="ModelRejectedException">A file is missing, malformed, or not of the other.</exception>
    public static (MemoryPlan Plan, int Trained) Of(ModelFile file, LlamaOptions options)
    {
        var gguf = GgufReader.Read(file.Path);
        var trained = GgufInspector.Describe(file.Path, gguf, file.Template).ContextLength;
        var adapter = file.Adapter is null ? null : AdapterInspector.Read(file.Adapter.Path, file.Path, gguf);
        return (MemoryPlan.Of(gguf, adapter, options.ShapeOf(trained)), trained);
    }
}
