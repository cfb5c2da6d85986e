using SPaR.Torch.Models;

namespace SPaR.Torch.Optimisers;

/// <summary>AdamW whose m and v have 8 bits (arXiv 2110.02861): each is a code of a dynamic map, times the largest magnitude of its block.
/// A slice is decoded, updated by AdamW's formula, and encoded again. Small weights keep m and v whole.</summary>
/// <remarks>Blocks have 256 numbers, as in bitsandbytes from 0.43; the paper has 2048.</remarks>
internal sealed class AdamW8Bit(AdamW adam) : IOptimiser
{
    /// <summary>Weights with fewer numbers keep m and v whole: they save little, and norms are sensitive.</summary>
    public const long SmallNumbers = 4096;

    public void Update(
        IReadOnlyDictionary<string, Tensor> weights, Gradients gradients, double clip, IDictionary<string, Tensor> state, double rate,
        long step)
    {
        adam.Update(weights.Where(w => w.Value.numel() < SmallNumbers).ToDictionary(), gradients, clip, state, rate, step);
        foreach (var (name, weight) in weights.Where(w => w.Value.numel() >= SmallNumbers))
        {
            if (gradients.Of(name) is not { } gradient)
                continue;
            using var scope = NewDisposeScope();
            var formula = adam.For(weight, clip, rate, step);
            var mean = new EightBitBlocks(state, $"m8/{name}", weight, DynamicMap.Signed);
            var square = new EightBitBlocks(state, $"v8/{name}", weight, DynamicMap.Unsigned);
            Slices.ForEach([weight, gradient], (slices, start) =>
            {
                var (m, v) = (mean.Read(start, slices[0]), square.Read(start, slices[0]));
                formula(slices[0], slices[1], m, v);
                mean.Write(start, m);
                square.Write(start, v);
            });
        }
    }
}
