using LLama.Native;
using SPaR.Abstractions;
using SPaR.Llama.Backend;

namespace SPaR.Llama.LLamaSharp;

internal sealed class LLamaSharpWeights(SafeLlamaModelHandle model, bool vocabularyOnly) : ILlamaWeights
{
    public ITokens Tokens { get; } = new LLamaSharpTokens(model);

    public int TrainedContext { get; } = model.ContextSize;

    // Asked for the heads of no layer, llama.cpp ends the process.
    public int Heads { get; } = vocabularyOnly ? 0 : model.HeadCount;

    public int Layers { get; } = vocabularyOnly ? 0 : model.LayerCount;

    public ulong Parameters { get; } = model.ParameterCount;

    public long Bytes { get; } = (long)model.SizeInBytes;

    public Lock Adapters { get; } = new();

    public ILlamaContext MakeContext(ContextSettings settings)
    {
        var adapter = settings.File.Adapter is null ? null : LoadAdapter(settings.File);
        try
        {
            return LLamaSharpContext.Create(model, this, settings, adapter);
        }
        catch
        {
            Unload(adapter);
            throw;
        }
    }

    /// <summary>While the model is alive; with it its adapters are freed.</summary>
    public void Unload(LoraAdapter? adapter)
    {
        lock (Adapters)
            adapter?.Unload();
    }

    public void Dispose() => model.Dispose();

    private LoraAdapter LoadAdapter(ModelFile file)
    {
        using var hold = new Hold(model);
        LlamaLog.Begin();
        LoraAdapter adapter;
        lock (Adapters)
            adapter = model.LoadLoraFromFile(file.Adapter!.Path);
        // LLamaSharp does not look at what llama.cpp gives back: where that is nothing, llama.cpp has said why.
        return LlamaLog.Failed ? throw Refusals.Adapter(file) : adapter;
    }
}
