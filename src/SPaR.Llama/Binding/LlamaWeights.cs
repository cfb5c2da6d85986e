using LLama.Exceptions;
using LLama.Native;

namespace SPaR.Llama.Binding;

/// <summary>The weights of a model file and its tokeniser. Its contexts keep it alive.</summary>
internal sealed class LlamaWeights : IDisposable
{
    private LlamaWeights(SafeLlamaModelHandle model)
    {
        Handle = model;
        Vocabulary = new(model);
        TrainedContext = model.ContextSize;
        (Heads, Layers, Parameters, Bytes) = (model.HeadCount, model.LayerCount, model.ParameterCount, (long)model.SizeInBytes);
    }

    public SafeLlamaModelHandle Handle { get; }

    public Vocabulary Vocabulary { get; }

    /// <summary>The context that it was trained with, in tokens.</summary>
    public int TrainedContext { get; }

    /// <summary>Attention heads of a layer.</summary>
    public int Heads { get; }

    public int Layers { get; }

    /// <summary>Number of weights.</summary>
    public ulong Parameters { get; }

    /// <summary>Size of the loaded tensors.</summary>
    public long Bytes { get; }

    /// <summary>Loads a model and checks every weight, so that a damaged file fails here and not in the middle of a run.</summary>
    /// <param name="gpuLayers">How many layers run on the GPU, starting from the last; null for all. Ignored without a GPU.</param>
    /// <exception cref="ModelRejectedException">llama.cpp refused the file; the message has its first error line.</exception>
    public static LlamaWeights Open(string path, int? gpuLayers = null)
    {
        var parameters = LLamaModelParams.Default();
        parameters.check_tensors = true;
        parameters.n_gpu_layers = gpuLayers ?? parameters.n_gpu_layers;
        LlamaLog.Reset();
        SafeLlamaModelHandle model;
        try
        {
            model = SafeLlamaModelHandle.LoadFromFile(path, parameters);
        }
        catch (LoadWeightsFailedException)
        {
            throw LoadErrors.Model(path);
        }
        return new(model);
    }

    public void Dispose() => Handle.Dispose();
}
