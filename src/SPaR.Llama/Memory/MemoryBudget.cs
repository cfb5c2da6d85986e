using System.Globalization;
using SPaR.Abstractions;

namespace SPaR.Llama.Memory;

/// <summary>What the engine's models hold by their plans, and whether one more fits. Thread-safe.</summary>
/// <param name="limit">Of all models together, in bytes; null for what the machine has free.</param>
internal sealed class MemoryBudget(long? limit, MachineMemory machine)
{
    private readonly Lock _gate = new();
    private MemoryPlan _held;

    public MemoryPlan Held
    {
        get
        {
            lock (_gate)
                return _held;
        }
    }

    public void Hold(MemoryPlan plan)
    {
        lock (_gate)
            _held += plan;
    }

    public void GiveBack(MemoryPlan plan)
    {
        lock (_gate)
            _held -= plan;
    }

    /// <exception cref="ModelRejectedException"><c>too-large</c>: it does not fit beside what is held.</exception>
    public void Admit(string name, MemoryPlan plan) => Admit(name, plan, alone: false);

    /// <exception cref="ModelRejectedException"><c>too-large</c>: it would not fit if nothing were held.</exception>
    public void AdmitAlone(string name, MemoryPlan plan) => Admit(name, plan, alone: true);

    private void Admit(string name, MemoryPlan plan, bool alone)
    {
        var held = Held;
        if (Bound(held) is not var (free, source))
            return;
        var all = free + held.Total;
        if (plan.Total <= (alone ? all : free))
            return;
        var takesTurns = !alone && plan.Total <= all;
        var others = takesTurns ? $" beside the {Mebibytes(held.Total)} of the models that are loaded" : "";
        throw new ModelRejectedException(
            "too-large",
            $"{name}: needs {Mebibytes(plan.Total)} of memory (weights {Mebibytes(plan.Weights)}, adapter {Mebibytes(plan.Adapter)}, "
            + $"KV cells {Mebibytes(plan.Cells)}, computing {Mebibytes(plan.Compute)}, logits {Mebibytes(plan.Outputs)}); "
            + $"{source} leaves {Mebibytes(Math.Max(0, takesTurns ? free : all))}{others}. "
            + (takesTurns ? "Set Llama:Residency to staged, so that models take turns; or lower" : "Lower")
            + " Llama:Cells, Llama:ContextTokens, Llama:Sequences or Llama:BatchTokens, take a model of fewer bits, or give more memory "
            + (limit is null ? "to the process." : "in Llama:MemoryBytes."));
    }

    private (long Free, string Source)? Bound(MemoryPlan held)
    {
        if (limit is { } most)
            return (most - held.Total, "Llama:MemoryBytes");
        // Weights are mapped from their file and count as available although they are needed; what is computed with is taken at the
        // first full step only. Cells are taken at once, so the machine counts them.
        return machine.Free() is var (bytes, source) ? (bytes - held.Weights - held.Compute - held.Outputs, source) : null;
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
