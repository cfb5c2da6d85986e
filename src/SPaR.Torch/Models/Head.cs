namespace SPaR.Torch.Models;

/// <summary>log p(target) = z[target] − log Σ exp z with the logits z = x Wᵀ, and the backward pass, in chunks of rows: the logits are
/// held whole only where they are small.</summary>
/// <param name="weight">Name of the head's matrix.</param>
/// <param name="x">[n, D]</param>
/// <param name="targets">[n], int64.</param>
/// <param name="chunk">Rows at a time.</param>
/// <param name="keep">Keeps what the backward pass needs; otherwise it is recomputed.</param>
internal sealed class Head(ForwardPass pass, string weight, Tensor x, Tensor targets, long chunk, bool keep) : IHead
{
    private readonly Dictionary<long, Tensor> _kept = [];

    private long Rows => targets.shape[0];

    /// <returns>[n], in full precision.</returns>
    public Tensor Forward()
    {
        var chunks = new List<Tensor>();
        foreach (var (start, count) in Chunks())
        {
            using var scope = NewDisposeScope();
            var all = LogProbs(start, count);
            if (keep)
                _kept[start] = scope.MoveToOuter(all);
            chunks.Add(scope.MoveToOuter(all.gather(1, targets.narrow(0, start, count).unsqueeze(1)).squeeze(1)));
        }

        return cat(chunks);
    }

    /// <summary>dz = −g (softmax z − 1[target]). The factor −g of a row is applied to x and dx, which are narrower than dz.</summary>
    /// <param name="g">[n], the gradient with respect to the log-probabilities.</param>
    /// <returns>[n, D], the gradient with respect to x.</returns>
    public Tensor Backward(Tensor g)
    {
        var chunks = new List<Tensor>();
        foreach (var (start, count) in Chunks())
        {
            using var scope = NewDisposeScope();
            var all = _kept.TryGetValue(start, out var kept) ? kept : LogProbs(start, count);
            var target = targets.narrow(0, start, count).unsqueeze(1); // [count, 1]
            var dz = all.exp_().scatter_add_(1, target, full_like(target, -1, all.dtype));
            var by = -g.narrow(0, start, count).unsqueeze(1); // [count, 1]
            if (pass.Gradients.Wants(ModelTensors.HeadBias))
                pass.Gradients.Add(ModelTensors.HeadBias, by.transpose(0, 1).mm(dz).squeeze(0));
            var dx = pass.LinearBackward(weight, (x.narrow(0, start, count) * by).to_type(pass.Type), dz.to_type(pass.Type));
            chunks.Add(scope.MoveToOuter(dx.mul_(by)));
            kept?.Dispose();
        }

        return cat(chunks);
    }

    /// <returns>[count, vocabulary]</returns>
    private Tensor LogProbs(long start, long count)
    {
        // Frees the logits at once: they are as large as the result.
        using var scope = NewDisposeScope();
        var logits = pass.AddBias(ModelTensors.HeadBias, pass.Linear(weight, x.narrow(0, start, count)));
        return scope.MoveToOuter((pass.Type == ScalarType.Float64 ? logits : logits.to_type(ScalarType.Float32)).log_softmax(1));
    }

    private IEnumerable<(long Start, long Count)> Chunks()
    {
        for (var start = 0L; start < Rows; start += chunk)
            yield return (start, Math.Min(chunk, Rows - start));
    }
}
