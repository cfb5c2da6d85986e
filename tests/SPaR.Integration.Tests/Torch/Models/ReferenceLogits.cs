using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Binding;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>llama.cpp's own logits, in its most exact form: unchanged F32 weights, an F32 cache, no flash attention.</summary>
internal static class ReferenceLogits
{
    /// <param name="adapter">An adapter's GGUF, applied with scale 1; null for the model alone.</param>
    /// <returns>[position][vocabulary]</returns>
    public static float[][] Of(string model, IReadOnlyList<int> tokens, string? adapter = null)
    {
        LlamaLibrary.Load(NullLogger.Instance);
        using var weights = LlamaWeights.Open(model);
        var file = new ModelFile(model, "", "") { Adapter = adapter is null ? null : new AdapterFile(adapter, "") };
        using var context = LlamaContext.Create(weights, file, cells: 512, sequences: 1, batchTokens: 64, threads: 1, exact: true);
        var logits = new float[tokens.Count][];
        for (var i = 0; i < tokens.Count; i++)
        {
            context.Batch.Clear();
            var output = context.Batch.Add(tokens[i], i, 0, output: true);
            context.Decode().ShouldBeTrue();
            logits[i] = context.Logits(output).ToArray();
        }

        return logits;
    }
}
