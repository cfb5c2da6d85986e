using SPaR.Abstractions;
using SPaR.Llama.Backend;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Scheduling;

/// <summary>The weights of a file and its tokeniser: read once, shared by all models on it, with whatever adapter.</summary>
internal sealed class SharedWeights(ModelFile file, ILlamaWeights loaded, MemoryPlan plan) : IDisposable
{
    public string Path => file.Path;

    /// <summary>What it holds of the budget.</summary>
    public MemoryPlan Plan => plan;

    public ILlamaWeights Loaded => loaded;

    public Vocabulary Vocabulary { get; } = new(loaded.Tokens);

    /// <summary>How many models stand on it. Guarded by the <see cref="WeightsStore"/>.</summary>
    public int Users { get; set; } = 1;

    public bool IsOf(ModelFile other) => other.Path == file.Path && other.Sha256 == file.Sha256;

    public void Dispose() => loaded.Dispose();
}
