using SPaR.Gguf;

namespace SPaR.Llama.Memory;

/// <summary>What the largest step computes with, in bytes: logits for one token of every sequence, and a mask in F16.</summary>
internal sealed class StepMemory
{
    private const int F32 = 4, F16 = 2;

    // Positions, and where each token's keys and values go.
    private const int Places = 6;

    private readonly ModelWidths _widths;
    private readonly ContextShape _shape;
    private readonly bool _adapted;
    private readonly long _cells;
    private readonly long _tokens;

    public StepMemory(ModelWidths widths, GgufFile? adapter, long cells, ContextShape shape)
    {
        (_widths, _cells, _shape) = (widths, cells, shape);
        _adapted = adapter is not null && adapter.Tensors.Any(t => t.Name.Contains(".ffn_up.", StringComparison.Ordinal));
        // llama.cpp reserves for as many tokens of each sequence.
        _tokens = (Math.Min(shape.BatchTokens, cells) + shape.Sequences - 1) / shape.Sequences * shape.Sequences;
    }

    public long Largest => Math.Max(Layer, Head);

    /// <summary>Where all layers are computed elsewhere: the embeddings of a step and its mask.</summary>
    public long Inputs => _tokens * (_widths.Width * F32 + _cells * F16);

    private long Attention => 2 * _widths.Queries + 3 * _widths.Width;

    /// <summary>While a layer is computed, [tokens, width] numbers: the residual and three more beside gate, up and their product. The
    /// product finds room in what attention has left where it is at most two widths, unless an adapter on the upward projection has
    /// taken that. A large attention has its queries twice. Beside them the mask, [tokens, cells].</summary>
    private long Layer
    {
        get
        {
            var inner = (_widths.Inner > 2 * _widths.Width || _adapted ? 3 : 2) * _widths.Inner + 4 * _widths.Width;
            return _tokens * ((Math.Max(inner, Attention) + Places) * F32 + _cells * F16);
        }
    }

    /// <summary>While the logits are computed: the residual of all tokens, and of those with an output the last state and the logits. The
    /// logits lie behind all that is in use, and what the layers left free before them is nothing to three residuals: half of
    /// that.</summary>
    private long Head =>
        (long)_shape.BatchTokens * _widths.Width * 5 / 2 * F32
        + Math.Min(_shape.BatchTokens, _shape.Sequences) * (_widths.Width + _widths.Vocabulary) * F32;
}
