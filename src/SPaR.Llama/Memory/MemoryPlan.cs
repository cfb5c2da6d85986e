using System.Text.Json.Serialization;
using SPaR.Gguf;

namespace SPaR.Llama.Memory;

/// <summary>The size of a context.</summary>
/// <param name="Cells">The number of KV cells.</param>
/// <param name="Sequences">The most sequences, and the most outputs of a batch.</param>
/// <param name="BatchTokens">The most tokens of a batch.</param>
internal readonly record struct ContextShape(int Cells, int Sequences, int BatchTokens);

/// <summary>The memory that a model takes, in bytes, computed from its file. The formulas follow llama.cpp's allocation on a CPU with flash
/// attention, which reserves memory for the largest batch when it creates a context.</summary>
/// <param name="Weights">The tensors of the base.</param>
/// <param name="Adapter">The tensors of the adapter.</param>
/// <param name="Cells">Keys and values of all cells, F16.</param>
/// <param name="Compute">The compute buffer of a batch.</param>
/// <param name="Outputs">Logits [sequences, vocabulary], F32.</param>
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

    /// <param name="gpuLayers">How many layers the GPU holds in its own memory, starting from the last. They are not counted.</param>
    public static MemoryPlan Of(GgufFile model, GgufFile? adapter, ContextShape shape, int gpuLayers = 0)
    {
        var widths = ModelWidths.Of(model);
        var cells = (long)(shape.Cells + CellsAtOnce - 1) / CellsAtOnce * CellsAtOnce;
        var offload = new GpuOffload(model, gpuLayers);
        var step = new StepMemory(widths, adapter, cells, shape);
        return new(
            offload.BytesOf(model),
            adapter is null ? 0 : offload.BytesOf(adapter),
            cells * widths.KeysAndValues * F16 * offload.CpuLayers / Math.Max(1, offload.AllLayers),
            gpuLayers > 0 && offload.CpuLayers == 0 ? step.Inputs : step.Largest,
            (long)shape.Sequences * widths.Vocabulary * F32);
    }
}
