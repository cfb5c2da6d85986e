using System.Runtime.InteropServices;
using SPaR.Llama.Backend;

namespace SPaR.Llama.Native;

/// <summary>The one owner of a loaded model's weights.</summary>
internal sealed class NativeWeights : SafeHandle, ILlamaWeights
{
    private NativeWeights(nint model, bool vocabularyOnly)
        : base(0, ownsHandle: true)
    {
        SetHandle(model);
        Tokens = new NativeTokens(this);
        TrainedContext = LlamaNative.llama_model_n_ctx_train(model);
        // Asked for the heads of no layer, llama.cpp ends the process.
        if (!vocabularyOnly)
            (Heads, Layers) = (LlamaNative.llama_model_n_head(model), LlamaNative.llama_model_n_layer(model));
        (Parameters, Bytes) = (LlamaNative.llama_model_n_params(model), (long)LlamaNative.llama_model_size(model));
    }

    public override bool IsInvalid => handle == 0;

    public ITokens Tokens { get; }

    public int TrainedContext { get; }

    public int Heads { get; }

    public int Layers { get; }

    public ulong Parameters { get; }

    public long Bytes { get; }

    public Lock Adapters { get; } = new();

    public static NativeWeights Load(string path, bool vocabularyOnly, int? gpuLayers)
    {
        var parameters = LlamaNative.llama_model_default_params();
        parameters.CheckTensors = (byte)(vocabularyOnly ? 0 : 1);
        parameters.VocabOnly = (byte)(vocabularyOnly ? 1 : 0);
        parameters.GpuLayers = gpuLayers ?? parameters.GpuLayers;
        LlamaLog.Begin();
        var model = LlamaNative.llama_model_load_from_file(path, parameters);
        return model != 0 ? new NativeWeights(model, vocabularyOnly) : throw Refusals.Model(path);
    }

    public ILlamaContext MakeContext(ContextSettings settings)
    {
        // Disposed here and held by the context: whoever frees the context frees the adapter.
        using var adapter = settings.File.Adapter is null ? null : NativeAdapter.Load(this, settings.File);
        return NativeContext.Create(this, settings, adapter);
    }

    protected override bool ReleaseHandle()
    {
        LlamaNative.llama_model_free(handle);
        return true;
    }
}
