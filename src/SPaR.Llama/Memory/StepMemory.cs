using SPaR.Gguf;

namespace SPaR.Llama.Memory;

/// <summary>The compute buffer of the largest batch, in bytes, with logits for one token of each sequence and a mask in F16.</summary>
internal sealed class StepMemory
{
    private const int F32 = 4, F16 = 2;

    // Numbers per token for its position and for where its keys and values go.
    private const int IndicesPerToken = 6;

    private readonly ModelWidths _widths;
    private readonly ContextShape _shape;
    private readonly bool _adapted;
    private readonly long _cells;
    private readonly long _tokens;

    public StepMemory(ModelWidths widths, GgufFile? adapter, long cells, ContextShape shape)
    {
        (_widths, _cells, _shape) = (widths, cells, shape);
        _adapted = adapter is not null && adapter.Tensors.Any(t => t.Name.Contains(".ffn_up.", StringComparison.Ordinal));
        // llama.cpp reserves for the same number of tokens of each sequence.
        _tokens = (Math.Min(shape.BatchTokens, cells) + shape.Sequences - 1) / shape.Sequences * shape.Sequences;
    }

    public long Largest => Math.Max(Layer, Head);

    /// <summary>If the GPU computes all layers: the embeddings [tokens, width] and the mask [tokens, cells].</summary>
    public long Inputs => _tokens * (_widths.Width * F32 + _cells * F16);

    private long Attention => 2 * _widths.Queries + 3 * _widths.Width;

    /// <summary>Of a layer: the residual and three more of [tokens, width]; gate, up and their product, [tokens, inner]; the mask, [tokens,
    /// cells]. If inner is at most twice the width, the product reuses memory of the attention, unless an adapter on the up projection
    /// uses that. A large attention holds its queries twice.</summary>
    private long Layer
    {
        get
        {
            var inner = (_widths.Inner > 2 * _widths.Width || _adapted ? 3 : 2) * _widths.Inner + 4 * _widths.Width;
            return _tokens * ((Math.Max(inner, Attention) + IndicesPerToken) * F32 + _cells * F16);
        }
    }

    /// <summary>Of the output layer: the residual of all tokens, plus the last state and the logits of those with an output. The logits lie
    /// behind all used memory, after a gap that the layers leave: between no and three residuals, so one and a half are
    /// counted.</summary>
    private long Head =>
        (long)_shape.BatchTokens * _widths.Width * 5 / 2 * F32
        + Math.Min(_shape.BatchTokens, _shape.Sequences) * (_widths.Width + _widths.Vocabulary) * F32;
}
