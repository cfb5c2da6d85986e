namespace SPaR.Torch.Models;

/// <summary>One forward pass and, where gradients are wanted, its backward pass: weights in the compute type, linear maps with their
/// adapters, and where gradients are collected. Not thread-safe.</summary>
/// <param name="type">The type to compute in.</param>
/// <param name="lora">Null without an adapter, or while it is off.</param>
/// <param name="gradients">Null without a backward pass; then there is no dropout either.</param>
/// <param name="seed">Of dropout. The same seed drops the same numbers, however often a segment is recomputed.</param>
internal sealed class ForwardPass(
    ModelWeights weights, ScalarType type, Lora? lora, Gradients? gradients, long seed) : IDisposable
{
    private readonly Dictionary<string, Tensor> _cast = [];

    public ScalarType Type => type;

    public bool HasBackward => gradients is not null;

    public Gradients Gradients => gradients ?? throw new InvalidOperationException("This pass was created without gradients; pass some.");

    /// <summary>Whether the weight is in memory. Otherwise each request converts it.</summary>
    public bool Holds(string name) => weights.Held.ContainsKey(name);

    /// <summary>In the type of the pass. A frozen weight that is not held is converted into the caller's scope: end that soon, so that only
    /// one large matrix exists at a time.</summary>
    public Tensor Weight(string name)
    {
        if (!weights.Held.TryGetValue(name, out var held))
            return weights.Of(name, type);
        if (held.dtype == type)
            return held;
        if (!_cast.TryGetValue(name, out var cast))
            // It outlives the scope of the block that first asks for it.
            _cast[name] = cast = held.to_type(type).DetachFromDisposeScope();
        return cast;
    }

    /// <summary>Rows of a matrix by index, such as the embeddings of tokens.</summary>
    /// <param name="rows">[n], int64.</param>
    /// <returns>[n, columns]</returns>
    public Tensor Rows(string name, Tensor rows) =>
        Holds(name) ? Weight(name).index_select(0, rows) : weights.Rows(name, rows, type);

    /// <summary>Adjacent rows of a frozen matrix.</summary>
    /// <returns>[count, columns]</returns>
    public Tensor Rows(string name, long start, long count) => weights.Rows(name, start, count, type);

    public void Dispose()
    {
        foreach (var cast in _cast.Values)
            cast.Dispose();
    }

    /// <param name="x">[n, in]</param>
    /// <param name="residual">[n, out], added to the result; null adds nothing.</param>
    /// <returns>x Wᵀ plus the adapter's part, [n, out].</returns>
    public Tensor Linear(string name, Tensor x, Tensor? residual = null)
    {
        var y = Product();
        if (lora is not null && lora.Has(name))
            lora.Forward(name, x, y, Dropout(name));
        return y;

        Tensor Product()
        {
            using var scope = NewDisposeScope();
            var w = Weight(name).transpose(0, 1);
            return scope.MoveToOuter(residual is null ? x.mm(w) : residual.addmm(x, w, 1, 1));
        }
    }

    /// <summary>Adds to the gradients of the matrix or of its adapter.</summary>
    /// <param name="dy">[n, out]</param>
    /// <param name="into">[n, in], to which the gradient with respect to x is added; null allocates it.</param>
    /// <returns>The gradient with respect to x, [n, in].</returns>
    public Tensor LinearBackward(string name, Tensor x, Tensor dy, Tensor? into = null)
    {
        if (Gradients.Wants(name))
            Gradients.AddProduct(name, dy, x);
        var dx = Product();
        if (lora is not null && lora.Has(name))
            lora.Backward(name, x, dy, Dropout(name), Gradients, dx);
        return dx;

        Tensor Product()
        {
            using var scope = NewDisposeScope();
            var w = Weight(name);
            return into?.addmm_(dy, w, 1, 1) ?? scope.MoveToOuter(dy.mm(w));
        }
    }

    /// <param name="y">[n, out], to which the bias is added if the model has one.</param>
    public Tensor AddBias(string name, Tensor y) => weights.Has(name) ? y.add_(Weight(name)) : y;

    /// <param name="y">[n, count], to which that many adjacent numbers of the bias are added if the model has one.</param>
    public Tensor AddBias(string name, Tensor y, long start) =>
        weights.Has(name) ? y.add_(weights.Rows(name, start, y.shape[1], type)) : y;

    /// <param name="dy">[n, out], the gradient with respect to the sum.</param>
    public void AddBiasGradient(string name, Tensor dy)
    {
        if (Gradients.Wants(name))
            Gradients.Add(name, dy.sum([0L]));
    }

    private ulong? Dropout(string name) => HasBackward ? Seeds.Of($"{seed}/{name}") : null;
}
