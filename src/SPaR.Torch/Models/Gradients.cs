namespace SPaR.Torch.Models;

/// <summary>The gradient of one loss with respect to each trained weight, summed over the micro-batches of a step. Not thread-safe. The
/// memory is reused from step to step.</summary>
/// <param name="weights">Those that are trained.</param>
internal sealed class Gradients(IReadOnlyDictionary<string, Tensor> weights) : IDisposable
{
    // Allocated all at once: one by one during the first pass, they would sit between its short-lived tensors and fragment memory.
    private readonly Dictionary<string, Tensor> _sums =
        weights.ToDictionary(w => w.Key, w => zeros_like(w.Value).DetachFromDisposeScope());
    private readonly HashSet<string> _filled = [];

    public bool Wants(string name) => weights.ContainsKey(name);

    /// <summary>The sum so far; null if nothing was added since <see cref="Clear"/>.</summary>
    public Tensor? Of(string name) => _filled.Contains(name) ? _sums[name] : null;

    public void Clear() => _filled.Clear();

    /// <param name="gradient">Of the weight's shape.</param>
    public void Add(string name, Tensor gradient)
    {
        var sum = Sum(name, out var fresh);
        if (fresh)
            sum.copy_(gradient);
        else
            sum.add_(gradient.to_type(sum.dtype));
    }

    /// <summary>Adds <paramref name="left"/>ᵀ <paramref name="right"/> without allocating the product.</summary>
    /// <param name="left">[n, rows of the weight]</param>
    /// <param name="right">[n, columns of the weight]</param>
    public void AddProduct(string name, Tensor left, Tensor right)
    {
        var sum = Sum(name, out var fresh);
        if (left.dtype == sum.dtype)
            sum.addmm_(left.transpose(0, 1), right, fresh ? 0 : 1, 1);
        else if (fresh)
            sum.copy_(left.transpose(0, 1).mm(right));
        else
            sum.add_(left.transpose(0, 1).mm(right).to_type(sum.dtype));
    }

    /// <summary>Adds to some rows of a matrix; a row may occur more than once.</summary>
    /// <param name="rows">[n], int64.</param>
    /// <param name="gradient">[n, columns of the weight]</param>
    public void AddRows(string name, Tensor rows, Tensor gradient)
    {
        var sum = Sum(name, out var fresh);
        if (fresh)
            sum.fill_(0);
        sum.index_add_(0, rows, gradient.to_type(sum.dtype), 1);
    }

    public void AddAll(Gradients other)
    {
        foreach (var name in weights.Keys)
            if (other.Of(name) is { } gradient)
                Add(name, gradient);
    }

    public void Dispose()
    {
        foreach (var sum in _sums.Values)
            sum.Dispose();
    }

    private Tensor Sum(string name, out bool fresh)
    {
        fresh = _filled.Add(name);
        return _sums[name];
    }
}
