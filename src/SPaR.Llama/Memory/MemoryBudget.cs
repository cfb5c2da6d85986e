using System.Globalization;

namespace SPaR.Llama.Memory;

/// <summary>Decides whether a model fits into memory.</summary>
/// <param name="limit">For all models together, in bytes; null for what the machine has free.</param>
internal sealed class MemoryBudget(long? limit, MachineMemory machine)
{
    /// <param name="others">The planned memory of the loaded models.</param>
    /// <exception cref="ModelRejectedException"><c>too-large</c>: it does not fit even if nothing else is loaded.</exception>
    /// <exception cref="NoRoomException">It does not fit next to the others, but would on its own.</exception>
    public void Admit(string name, MemoryPlan plan, MemoryPlan others)
    {
        if (Bound(others) is not var (free, source) || plan.Total <= free)
            return;
        var all = free + others.Total;
        if (plan.Total <= all)
            throw new NoRoomException(
                $"{name}: needs {Mebibytes(plan.Total)} of memory; {source} leaves {Mebibytes(Math.Max(0, free))} next to the "
                + $"{Mebibytes(others.Total)} of the loaded models.");
        throw new ModelRejectedException(
            "too-large",
            $"{name}: needs {Mebibytes(plan.Total)} of memory (weights {Mebibytes(plan.Weights)}, adapter {Mebibytes(plan.Adapter)}, "
            + $"KV cells {Mebibytes(plan.Cells)}, computing {Mebibytes(plan.Compute)}, logits {Mebibytes(plan.Outputs)}); "
            + $"{source} leaves {Mebibytes(Math.Max(0, all))}. Lower Llama:Cells, Llama:ContextTokens, Llama:Sequences or "
            + "Llama:BatchTokens, use a model with fewer bits per weight, or allow more memory "
            + (limit is null ? "for the process." : "in Llama:MemoryBytes."));
    }

    private (long Free, string Source)? Bound(MemoryPlan others)
    {
        if (limit is { } most)
            return (most - others.Total, "Llama:MemoryBytes");
        // Mapped weights count as available although they are needed. Compute buffers are touched at the first full step. Cells are
        // allocated at once, so the machine has subtracted them already.
        return machine.Free() is var (bytes, source) ? (bytes - others.Weights - others.Compute - others.Outputs, source) : null;
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
