using System.Text.Json.Serialization;
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

    [JsonIgnore]
    public long Total => Weights + Adapter + Cells + Compute + Outputs;

    public static MemoryPlan operator +(MemoryPlan a, MemoryPlan b) => a.Add(b);

    public MemoryPlan Add(MemoryPlan other) => new(
        Weights + other.Weights, Adapter + other.Adapter, Cells + other.Cells, Compute + other.Compute, Outputs + other.Outputs);

    /// <param name="gpuLayers">How many layers, from the last on, a graphics processor has in its own memory, which is not counted.</param>
    public static MemoryPlan Of(GgufFile model, GgufFile? adapter, ContextShape shape, int gpuLayers = 0)
    {
        var widths = ModelWidths.Of(model);
        var cells = (long)(shape.Cells + CellsAtOnce - 1) / CellsAtOnce * CellsAtOnce;
        var here = new Placement(model, gpuLayers);
        var step = new StepMemory(widths, adapter, cells, shape);
        return new(
            here.BytesOf(model),
            adapter is null ? 0 : here.BytesOf(adapter),
            cells * widths.KeysAndValues * F16 * here.Layers / Math.Max(1, here.AllLayers),
            gpuLayers > 0 && here.Layers == 0 ? step.Inputs : step.Largest,
            (long)shape.Sequences * widths.Vocabulary * F32);
    }
}
