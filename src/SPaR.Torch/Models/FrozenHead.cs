namespace SPaR.Torch.Models;

/// <summary><see cref="Head"/> for a frozen matrix that has to be converted: in chunks of the vocabulary, each converted once for all
/// positions. Neither the matrix nor the logits are ever whole.</summary>
/// <param name="weight">Name of the head's matrix, [V, D].</param>
/// <param name="x">[n, D]</param>
/// <param name="targets">[n], int64.</param>
/// <param name="chunk">Rows of the matrix at a time.</param>
internal sealed class FrozenHead(ForwardPass pass, string weight, long vocabulary, Tensor x, Tensor targets, long chunk) : IHead
{
    private Tensor? _logSum;

    private ScalarType Exact => pass.Type == ScalarType.Float64 ? pass.Type : ScalarType.Float32;

    /// <summary>log Σ exp z over all chunks is the log-sum of the chunks' own.</summary>
    public Tensor Forward()
    {
        using var scope = NewDisposeScope();
        var logSum = full([targets.shape[0]], double.NegativeInfinity, Exact, x.device);
        var logits = zeros_like(logSum);
        foreach (var (start, count) in Chunks())
        {
            using var part = NewDisposeScope();
            var z = Logits(pass.Rows(weight, start, count), start);
            var (index, inside) = Find(start, count);
            logits.add_(z.gather(1, index).squeeze(1) * inside);
            logSum.copy_(logSum.logaddexp(z.logsumexp(1)));
        }
        _logSum = scope.MoveToOuter(logSum);
        return scope.MoveToOuter(logits.sub_(logSum));
    }

    /// <summary>dx = −g (softmax z − 1[target]) W, with z recomputed. The factor −g of a row is applied at the end, as it is the same for
    /// all chunks.</summary>
    public Tensor Backward(Tensor g)
    {
        using var scope = NewDisposeScope();
        var dx = zeros(x.shape, Exact, x.device);
        foreach (var (start, count) in Chunks())
        {
            using var part = NewDisposeScope();
            var w = pass.Rows(weight, start, count);
            var dz = Logits(w, start).sub_(_logSum!.unsqueeze(1)).exp_(); // [n, count]
            var (index, inside) = Find(start, count);
            dz.scatter_add_(1, index, -inside.unsqueeze(1));
            if (pass.Type == Exact)
                dx.addmm_(dz, w, 1, 1);
            else
                dx.add_(dz.to_type(pass.Type).mm(w).to_type(Exact));
        }
        return scope.MoveToOuter(dx.mul_(-g.unsqueeze(1)).to_type(pass.Type));
    }

    /// <param name="start">The first row of w in the matrix.</param>
    /// <returns>[n, rows of w]</returns>
    private Tensor Logits(Tensor w, long start) =>
        pass.AddBias(ModelTensors.HeadBias, x.mm(w.transpose(0, 1)), start).to_type(Exact);

    /// <returns>Where the targets are in a chunk, [n, 1], any place for those outside; and 1 for those inside, otherwise 0, [n].</returns>
    private (Tensor Index, Tensor Inside) Find(long start, long count)
    {
        var index = targets - start;
        return (index.clamp(0, count - 1).unsqueeze(1), index.ge(0).logical_and(index.lt(count)).to_type(Exact));
    }

    private IEnumerable<(long Start, long Count)> Chunks()
    {
        for (var start = 0L; start < vocabulary; start += chunk)
            yield return (start, Math.Min(chunk, vocabulary - start));
    }
}
