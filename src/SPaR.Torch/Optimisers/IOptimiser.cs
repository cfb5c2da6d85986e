using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Torch.Optimisers;

/// <summary>One update of the weights from their gradients. Keeps nothing itself: what it remembers stands in a dictionary that
/// checkpoints with the weights.</summary>
internal interface IOptimiser
{
    /// <summary>Changes <paramref name="weights"/> in place; a weight without a gradient stays as it is. To be called without
    /// recording gradients.</summary>
    /// <param name="clip">By which every gradient is multiplied (<see cref="GradientNorm.Clip"/>).</param>
    /// <param name="state">By kind and weight, as in <c>m/blk.0.attn_q.weight</c>; filled by the first step, owned by the caller.</param>
    /// <param name="step">Counted from 1.</param>
    void Update(
        IReadOnlyDictionary<string, Tensor> weights, Gradients gradients, double clip, IDictionary<string, Tensor> state, double rate,
        long step);
}

internal static class OptimiserState
{
    /// <summary>The remembered tensor, zeros at first; it outlives the scope of the step.</summary>
    public static Tensor Of(this IDictionary<string, Tensor> state, string key, Tensor like) =>
        state.TryGetValue(key, out var known) ? known : state[key] = zeros_like(like).DetachFromDisposeScope();
}
