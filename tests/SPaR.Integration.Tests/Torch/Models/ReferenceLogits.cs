using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Native;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>llama.cpp's own logits, in its most exact form: F32 weights as they stand, an F32 cache, no flash attention.</summary>
internal static unsafe class ReferenceLogits
{
    /// <param name="adapter">An adapter's GGUF, applied with scale 1; null for the model alone.</param>
    /// <returns>[position][vocabulary]</returns>
    public static float[][] Of(string model, IReadOnlyList<int> tokens, string? adapter = null)
    {
        NativeLibraries.Load(null, NullLogger.Instance);
        using var weights = LlamaModelHandle.Load(model);
        var parameters = LlamaNative.llama_context_default_params();
        parameters.Ctx = 512;
        parameters.Batch = parameters.MicroBatch = 64;
        parameters.SeqMax = parameters.OutputsMax = 1;
        parameters.Threads = parameters.ThreadsBatch = 1;
        parameters.KvUnified = 1;
        (parameters.TypeK, parameters.TypeV, parameters.FlashAttention) = (0, 0, 0);
        var context = LlamaNative.llama_init_from_model(weights.DangerousGetHandle(), parameters);
        context.ShouldNotBe(0);
        var applied = adapter is null ? 0 : Apply(weights.DangerousGetHandle(), context, adapter);
        try
        {
            return Decode(context, tokens, LlamaNative.llama_vocab_n_tokens(LlamaNative.llama_model_get_vocab(weights.DangerousGetHandle())));
        }
        finally
        {
            LlamaNative.llama_free(context);
            if (applied != 0)
                ((delegate* unmanaged[Cdecl]<nint, void>)Export("llama_adapter_lora_free"))(applied);
        }
    }

    private static float[][] Decode(nint context, IReadOnlyList<int> tokens, int vocabulary)
    {
        using var batch = new DecodeBatch(1, 1, 1);
        var logits = new float[tokens.Count][];
        for (var i = 0; i < tokens.Count; i++)
        {
            batch.Clear();
            batch.Add(tokens[i], i, 0, output: true);
            LlamaNative.llama_decode(context, batch.Native).ShouldBe(0);
            logits[i] = new ReadOnlySpan<float>(LlamaNative.llama_get_logits_ith(context, 0), vocabulary).ToArray();
        }

        return logits;
    }

    private static nint Apply(nint model, nint context, string path)
    {
        var text = Encoding.UTF8.GetBytes(path + "\0");
        fixed (byte* start = text)
        {
            var adapter = ((delegate* unmanaged[Cdecl]<nint, byte*, nint>)Export("llama_adapter_lora_init"))(model, start);
            adapter.ShouldNotBe(0, "llama.cpp takes the adapter");
            var scale = 1f;
            ((delegate* unmanaged[Cdecl]<nint, nint*, nuint, float*, int>)Export("llama_set_adapters_lora"))(context, &adapter, 1, &scale)
                .ShouldBe(0);
            return adapter;
        }
    }

    private static nint Export(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "natives", "llama");
        return NativeLibrary.GetExport(NativeLibrary.Load(Directory.GetFiles(folder, "libllama.*v*.so").Single()), name);
    }
}
