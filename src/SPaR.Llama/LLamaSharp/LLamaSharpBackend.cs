using System.Runtime.InteropServices;
using System.Text;
using LLama;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;
using SPaR.Llama.Backend;
using SPaR.Llama.Memory;

namespace SPaR.Llama.LLamaSharp;

/// <summary>llama.cpp by LLamaSharp, whose backend packages bring its libraries. All of its evaluations take one lock of the process:
/// models that are to be evaluated at the same time need a process each.</summary>
internal sealed class LLamaSharpBackend : ILlamaBackend
{
    public bool OneAtATime => true;

    public bool HasGpu => NativeApi.llama_supports_gpu_offload();

    public StepReserve Reserve => StepReserve.EveryToken;

    public unsafe IReadOnlyList<string> Templates
    {
        get
        {
            var names = new nint[256];
            fixed (nint* first = names)
            {
                // LLamaSharp declares the strings of C as char**.
                var count = NativeApi.llama_chat_builtin_templates((char**)first, (nuint)names.Length);
                return [.. names.Take(count).Select(n => Marshal.PtrToStringUTF8(n)!)];
            }
        }
    }

    public void Load(string? nativePath, ILogger logger) => LLamaSharpLibraries.Load(nativePath, logger);

    public ILlamaWeights OpenWeights(string path, int? gpuLayers) => Open(path, vocabularyOnly: false, gpuLayers);

    public ILlamaWeights OpenVocabulary(string path) => Open(path, vocabularyOnly: true, gpuLayers: 0);

    public string Render(string template, IReadOnlyList<(string Role, string Content)> messages)
    {
        var rendered = new LLamaTemplate(template) { AddAssistant = true };
        foreach (var (role, content) in messages)
            rendered.Add(role, content);
        try
        {
            return Encoding.UTF8.GetString(rendered.Apply());
        }
        catch (MissingTemplateException e)
        {
            throw new InvalidOperationException($"llama.cpp does not know the chat template '{template}'.", e);
        }
    }

    private static LLamaSharpWeights Open(string path, bool vocabularyOnly, int? gpuLayers)
    {
        var parameters = LLamaModelParams.Default();
        parameters.check_tensors = !vocabularyOnly;
        parameters.vocab_only = vocabularyOnly;
        parameters.n_gpu_layers = gpuLayers ?? parameters.n_gpu_layers;
        LlamaLog.Begin();
        try
        {
            return new LLamaSharpWeights(SafeLlamaModelHandle.LoadFromFile(path, parameters), vocabularyOnly);
        }
        catch (LoadWeightsFailedException)
        {
            throw Refusals.Model(path);
        }
    }
}
