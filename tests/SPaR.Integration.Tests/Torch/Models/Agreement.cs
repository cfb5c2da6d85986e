using SPaR.MicroWorld;
using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>Compares log-probabilities of the trainer's model with those of llama.cpp.</summary>
internal static class Agreement
{
    public static int[] Tokens(int count, int below = 60)
    {
        var random = new MicroRandom(41);
        return [.. Enumerable.Range(0, count).Select(i => i == 0 ? 1 : random.Below(below))];
    }

    /// <returns>[token − 1]</returns>
    public static float[] Ours(LanguageModel model, int[] tokens)
    {
        using var scope = NewDisposeScope();
        return model.LogProbs(PackedSequences.All(tensor(tokens.Select(t => (long)t).ToArray(), [1, tokens.Length], ScalarType.Int64)))
            .data<float>().ToArray();
    }

    /// <returns>[token − 1]</returns>
    public static float[] Theirs(string path, int[] tokens, string? adapter = null) =>
        [.. ReferenceLogits.Of(path, tokens[..^1], adapter).Select((logits, i) => (float)(logits[tokens[i + 1]] - LogSum(logits)))];

    public static float Difference(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    /// <summary>Changes every trained tensor a little, as training would.</summary>
    public static void Nudge(LanguageModel model)
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        foreach (var leaf in model.Trainable.Values)
            leaf.add_(randn(leaf.shape, leaf.dtype) * 0.05);
    }

    private static double LogSum(float[] logits)
    {
        double top = logits.Max();
        return top + Math.Log(logits.Sum(l => Math.Exp(l - top)));
    }
}
