namespace SPaR.Llama.Memory;

/// <summary>A model that a process has loaded.</summary>
/// <param name="Mapped">Bytes of its weights that are mapped from the file. The system holds them once for all processes on this
/// file.</param>
internal readonly record struct LoadedModel(ModelFile File, MemoryPlan Plan, long Mapped)
{
    /// <summary>The memory that loaded models hold when the next one is loaded. Weights that it shares with them count as its
    /// own.</summary>
    public static MemoryPlan HeldByOthers(ModelFile next, IEnumerable<LoadedModel> loaded)
    {
        var held = default(MemoryPlan);
        var mapped = new HashSet<string> { next.Path };
        foreach (var model in loaded)
            held += mapped.Add(model.File.Path) ? model.Plan : model.Plan with { Weights = model.Plan.Weights - model.Mapped };
        return held;
    }
}
