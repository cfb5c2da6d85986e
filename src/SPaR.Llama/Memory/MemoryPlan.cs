using SPaR.Gguf;

namespace SPaR.Llama.Memory;

/// <summary>What a context is made for.</summary>
/// <param name="Cells">KV cells in all.</param>
/// <param name="Sequences">The most that it holds, and the most outputs of a step.</param>
/// <param name="BatchTokens">The most tokens of a step.</param>
internal readonly record struct ContextShape(int Cells, int Sequences, int BatchTokens);

/// <summary>What a model takes of the machine's memory, in bytes, computed from its file. The formulas are those of llama.cpp's own
/// allocation on a CPU with flash attention, which reserves for the largest step when a context is made.</summary>
/// <param name="Weights">The tensors of the base.</param>
/// <param name="Adapter">The tensors of the adapter.</param>
/// <param name="Cells">Keys and values of all cells, F16.</param>
/// <param name="Compute">What a step computes with.</param>
/// <param name="Outputs">The logits of one token of every sequence, F32.</param>
internal readonly record struct MemoryPlan(long Weights, long Adapter, long Cells, long Compute, long Outputs)
{
    // llama.cpp rounds the number of cells up to a multiple of this.
    private const int CellsAtOnce = 256;

    private const int F32 = 4, F16 = 2;

    public long Total => Weights + Adapter + Cells + Compute + Outputs;

    /// <summary>The part that a second model on the same weights takes.</summary>
    public MemoryPlan WithoutWeights => this with { Weights = 0 };

    public MemoryPlan OnlyWeights => new(Weights, 0, 0, 0, 0);

    public static MemoryPlan operator +(MemoryPlan a, MemoryPlan b) => a.Add(b);

    public static MemoryPlan operator -(MemoryPlan a, MemoryPlan b) => a.Add(
        new(-b.Weights, -b.Adapter, -b.Cells, -b.Compute, -b.Outputs));

    public MemoryPlan Add(MemoryPlan other) => new(
        Weights + other.Weights, Adapter + other.Adapter, Cells + other.Cells, Compute + other.Compute, Outputs + other.Outputs);

    /// <param name="gpuLayers">How many layers, from the last on, a graphics processor has in its own memory, which is not counted.</param>
    public static MemoryPlan Of(GgufFile model, GgufFile? adapter, ContextShape shape, int gpuLayers = 0)
    {
        var widths = ModelWidths.Of(model);
        var cells = (long)(shape.Cells + CellsAtOnce - 1) / CellsAtOnce * CellsAtOnce;
        var here = new Placement(model, gpuLayers);
        return new(
            here.BytesOf(model),
            adapter is null ? 0 : here.BytesOf(adapter),
            cells * widths.KeysAndValues * F16 * here.Layers / Math.Max(1, here.AllLayers),
            gpuLayers > 0 && here.Layers == 0
                ? Inputs(widths, cells, shape)
                : Math.Max(Layer(widths, adapter, cells, shape), Head(widths, shape)),
            (long)shape.Sequences * widths.Vocabulary * F32);
    }

    /// <summary>Where all layers are computed elsewhere: the embeddings of a step and its mask.</summary>
    private static long Inputs(ModelWidths widths, long cells, ContextShape shape) =>
        shape.BatchTokens * (widths.Width * F32 + cells * F32);

    /// <summary>While a layer is computed, [tokens, width] numbers: the residual and three more beside gate, up and their product. The
    /// product finds room in what attention has left where it is at most two widths, unless an adapter on the upward projection has
    /// taken that. A large attention has its queries twice. Beside them the mask, [tokens, cells].</summary>
    private static long Layer(ModelWidths widths, GgufFile? adapter, long cells, ContextShape shape)
    {
        // llama.cpp reserves for as many tokens of each sequence.
        var tokens = (Math.Min(shape.BatchTokens, cells) + shape.Sequences - 1) / shape.Sequences * shape.Sequences;
        var adapted = adapter is not null && adapter.Tensors.Any(t => t.Name.Contains(".ffn_up.", StringComparison.Ordinal));
        var inner = (widths.Inner > 2 * widths.Width || adapted ? 3 : 2) * widths.Inner + 4 * widths.Width;
        var attention = 2 * widths.Queries + 3 * widths.Width;
        // Positions, and where each token's keys and values go.
        const int Places = 6;
        return tokens * ((Math.Max(inner, attention) + Places) * F32 + cells * F16);
    }

    /// <summary>While the logits are computed: the residual of all tokens, and of those with an output the last state and the logits. The
    /// logits lie behind all that is in use, and what the layers left free before them is nothing to three residuals: half of
    /// that.</summary>
    private static long Head(ModelWidths widths, ContextShape shape) =>
        (long)shape.BatchTokens * widths.Width * 5 / 2 * F32
        + Math.Min(shape.BatchTokens, shape.Sequences) * (widths.Width + widths.Vocabulary) * F32;
}
