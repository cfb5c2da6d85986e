using SPaR.Torch.Models;

namespace SPaR.Torch.Optimisers;

/// <summary>Updates the weights from their gradients. Stateless: its state is a dictionary that is checkpointed with the weights.</summary>
internal interface IOptimiser
{
    /// <summary>Changes <paramref name="weights"/> in place, except those without a gradient. Call it while no gradients are
    /// recorded.</summary>
    /// <param name="clip">A factor for every gradient (<see cref="GradientNorm.Clip"/>).</param>
    /// <param name="state">By kind and weight, such as <c>m/blk.0.attn_q.weight</c>; filled by the first step, owned by the caller.</param>
    /// <param name="step">Counted from 1.</param>
    void Update(
        IReadOnlyDictionary<string, Tensor> weights, Gradients gradients, double clip, IDictionary<string, Tensor> state, double rate,
        long step);
}

internal static class OptimiserState
{
    /// <summary>The tensor of that key, zeros at first; it outlives the scope of the step.</summary>
    public static Tensor Of(this IDictionary<string, Tensor> state, string key, Tensor like) =>
        state.TryGetValue(key, out var known) ? known : state[key] = zeros_like(like).DetachFromDisposeScope();
}
