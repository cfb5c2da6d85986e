using Microsoft.Extensions.Logging;
using SPaR.Llama.Backend;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Native;

/// <summary>llama.cpp by this project's own binding.</summary>
internal sealed class NativeBackend : ILlamaBackend
{
    public bool OneAtATime => false;

    public bool HasGpu => LlamaNative.llama_supports_gpu_offload() != 0;

    public StepReserve Reserve => StepReserve.OutputsOnly;

    public IReadOnlyList<string> Templates => NativeTemplate.Known();

    public void Load(string? nativePath, ILogger logger) => NativeLibraries.Load(nativePath, logger);

    public ILlamaWeights OpenWeights(string path, int? gpuLayers) => NativeWeights.Load(path, vocabularyOnly: false, gpuLayers);

    public ILlamaWeights OpenVocabulary(string path) => NativeWeights.Load(path, vocabularyOnly: true, gpuLayers: 0);

    public string Render(string template, IReadOnlyList<(string Role, string Content)> messages) =>
        NativeTemplate.Apply(template, messages);
}
