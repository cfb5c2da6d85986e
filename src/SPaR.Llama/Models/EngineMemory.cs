using Microsoft.Extensions.Options;
using SPaR.Gguf;
using SPaR.Llama.Inspection;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Models;

/// <summary>The memory of a model that is not loaded.</summary>
internal sealed class EngineMemory(IOptions<LlamaOptions> options) : IEngineMemory
{
    public long Of(ModelFile file)
    {
        var (gguf, adapter, shape) = Read(file, options.Value);
        return MemoryPlan.Of(gguf, adapter, shape).Total;
    }

    /// <summary>Checks the files, and reads what a plan is made from.</summary>
    /// <exception cref="ModelRejectedException">A file is missing or malformed.</exception>
    public static (GgufFile Model, GgufFile? Adapter, ContextShape Shape) Read(ModelFile file, LlamaOptions options)
    {
        var gguf = GgufReader.Read(file.Path);
        var trained = GgufInspector.Describe(file.Path, gguf, file.Template).ContextLength;
        var adapter = file.Adapter is null ? null : AdapterInspector.Read(file.Adapter.Path, file.Path, gguf);
        return (gguf, adapter, options.ShapeOf(trained));
    }
}
