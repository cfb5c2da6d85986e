using System.Collections.Immutable;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>The rows of one forward pass as tensors, padded on the right to the longest: first the first sides of all rows, then the
/// second sides. Attention is causal, so padding changes no token before it, and the mask leaves it out of every sum.</summary>
/// <param name="Tokens">[sides × rows, time], int64.</param>
/// <param name="Mask">[sides × rows, time − 1], F64: 1 where the next token is a target, else 0.</param>
internal sealed record TokenBatch(Tensor Tokens, Tensor Mask)
{
    public static TokenBatch Of(ImmutableArray<Example> rows)
    {
        var sides = rows[0].Sides.Length;
        var sequences = Enumerable.Range(0, sides).SelectMany(side => rows.Select(r => r.Sides[side])).ToArray();
        var time = sequences.Max(s => s.Tokens.Length);
        var tokens = new long[sequences.Length * time];
        var mask = new double[sequences.Length * (time - 1)];
        for (var i = 0; i < sequences.Length; i++)
        {
            var (ids, targets) = (sequences[i].Tokens, sequences[i].Targets);
            for (var t = 0; t < ids.Length; t++)
            {
                tokens[i * time + t] = ids[t];
                if (t > 0 && targets[t])
                    mask[i * (time - 1) + t - 1] = 1;
            }
        }
        return new TokenBatch(tensor(tokens, [sequences.Length, time]), tensor(mask, [sequences.Length, time - 1]));
    }
}
