using SPaR.Abstractions;
using SPaR.Llama.Memory;
using SPaR.Llama.Native;

namespace SPaR.Llama.Scheduling;

/// <summary>The weights of a file and its tokeniser: read once, shared by all models on it, with whatever adapter.</summary>
internal sealed class LlamaWeights(ModelFile file, LlamaModelHandle handle, MemoryPlan plan) : IDisposable
{
    public string Path => file.Path;

    /// <summary>What it holds of the budget.</summary>
    public MemoryPlan Plan => plan;

    public LlamaModelHandle Handle => handle;

    public Vocabulary Vocabulary { get; } = new(handle);

    /// <summary>The context that it was trained with, in tokens.</summary>
    public int TrainedContext { get; } = LlamaNative.llama_model_n_ctx_train(handle.DangerousGetHandle());

    /// <summary>Number of weights.</summary>
    public ulong Parameters { get; } = LlamaNative.llama_model_n_params(handle.DangerousGetHandle());

    /// <summary>Of attention, by layer.</summary>
    public int Heads { get; } = LlamaNative.llama_model_n_head(handle.DangerousGetHandle());

    public int Layers { get; } = LlamaNative.llama_model_n_layer(handle.DangerousGetHandle());

    /// <summary>The tensors that llama.cpp loaded.</summary>
    public long Bytes { get; } = (long)LlamaNative.llama_model_size(handle.DangerousGetHandle());

    /// <summary>How many models stand on it. Guarded by the <see cref="WeightsStore"/>.</summary>
    public int Users { get; set; } = 1;

    public bool IsOf(ModelFile other) => other.Path == file.Path && other.Sha256 == file.Sha256;

    public void Dispose() => handle.Dispose();
}
