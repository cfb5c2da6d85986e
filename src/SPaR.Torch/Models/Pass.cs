using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>One forward pass, and with gradients the way back: the weights in its type, the linear maps with their adapters, and where
/// gradients go. One thread uses it.</summary>
/// <param name="weights">The master copies.</param>
/// <param name="type">In which it computes.</param>
/// <param name="lora">Null where there is no adapter, or where it is off.</param>
/// <param name="gradients">Null where there is no way back, and then no dropout.</param>
/// <param name="seed">Of dropout: the same seed drops the same numbers, however often a part is computed again.</param>
internal sealed class Pass(
    IReadOnlyDictionary<string, Tensor> weights, ScalarType type, Lora? lora, Gradients? gradients, long seed) : IDisposable
{
    private readonly Dictionary<string, Tensor> _cast = [];

    public ScalarType Type => type;

    /// <summary>Whether the way back is gone.</summary>
    public bool Trains => gradients is not null;

    public Gradients Gradients => gradients ?? throw new InvalidOperationException("This pass has no way back.");

    /// <summary>In the type of the pass.</summary>
    public Tensor Weight(string name)
    {
        if (weights[name].dtype == type)
            return weights[name];
        if (!_cast.TryGetValue(name, out var cast))
            // It outlives the scope of the block that first asks for it.
            _cast[name] = cast = weights[name].to_type(type).DetachFromDisposeScope();
        return cast;
    }

    public void Dispose()
    {
        foreach (var cast in _cast.Values)
            cast.Dispose();
    }

    /// <param name="x">[n, in]</param>
    /// <param name="past">[n, out], what flows past the matrix and is added; null for nothing.</param>
    /// <returns>x Wᵀ and what the adapter adds, [n, out].</returns>
    public Tensor Linear(string name, Tensor x, Tensor? past = null)
    {
        var w = Weight(name).transpose(0, 1);
        var y = past is null ? x.mm(w) : past.addmm(x, w, 1, 1);
        if (lora is not null && lora.Has(name))
            lora.Forward(name, x, y, Dropout(name));
        return y;
    }

    /// <summary>Adds to the gradients of the matrix or of its adapter.</summary>
    /// <param name="dy">[n, out]</param>
    /// <param name="into">[n, in], to which the gradient by x is added; null makes it anew.</param>
    /// <returns>The gradient by x, [n, in].</returns>
    public Tensor LinearBack(string name, Tensor x, Tensor dy, Tensor? into = null)
    {
        if (Gradients.Wants(name))
            Gradients.AddProduct(name, dy, x);
        var dx = into?.addmm_(dy, Weight(name), 1, 1) ?? dy.mm(Weight(name));
        if (lora is not null && lora.Has(name))
            lora.Back(name, x, dy, Dropout(name), Gradients, dx);
        return dx;
    }

    private ulong? Dropout(string name) => Trains ? Seeds.Of($"{seed}/{name}") : null;
}
