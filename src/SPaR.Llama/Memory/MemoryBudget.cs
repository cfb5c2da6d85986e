using System.Globalization;
using SPaR.Abstractions;

namespace SPaR.Llama.Memory;

/// <summary>Whether a model fits into the memory.</summary>
/// <param name="limit">Of all models together, in bytes; null for what the machine has free.</param>
internal sealed class MemoryBudget(long? limit, MachineMemory machine)
{
    /// <param name="others">What loaded models hold by their plans.</param>
    /// <exception cref="ModelRejectedException"><c>too-large</c>: it would not fit if nothing else were loaded.</exception>
    /// <exception cref="NoRoomException">It would, but does not fit beside the others.</exception>
    public void Admit(string name, MemoryPlan plan, MemoryPlan others)
    {
        if (Bound(others) is not var (free, source) || plan.Total <= free)
            return;
        var all = free + others.Total;
        if (plan.Total <= all)
            throw new NoRoomException(
                $"{name}: needs {Mebibytes(plan.Total)} of memory; {source} leaves {Mebibytes(Math.Max(0, free))} beside the "
                + $"{Mebibytes(others.Total)} of the models that are loaded.");
        throw new ModelRejectedException(
            "too-large",
            $"{name}: needs {Mebibytes(plan.Total)} of memory (weights {Mebibytes(plan.Weights)}, adapter {Mebibytes(plan.Adapter)}, "
            + $"KV cells {Mebibytes(plan.Cells)}, computing {Mebibytes(plan.Compute)}, logits {Mebibytes(plan.Outputs)}); "
            + $"{source} leaves {Mebibytes(Math.Max(0, all))}. Lower Llama:Cells, Llama:ContextTokens, Llama:Sequences or "
            + "Llama:BatchTokens, take a model of fewer bits, or give more memory "
            + (limit is null ? "to the process." : "in Llama:MemoryBytes."));
    }

    private (long Free, string Source)? Bound(MemoryPlan others)
    {
        if (limit is { } most)
            return (most - others.Total, "Llama:MemoryBytes");
        // Weights are mapped from their file and count as available although they are needed. Memory for computing is taken at the first
        // full step. Cells are taken at once, so the machine counts them.
        return machine.Free() is var (bytes, source) ? (bytes - others.Weights - others.Compute - others.Outputs, source) : null;
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
