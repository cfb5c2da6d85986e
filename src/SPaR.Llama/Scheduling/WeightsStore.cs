using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Memory;
using SPaR.Llama.Native;

namespace SPaR.Llama.Scheduling;

/// <summary>Reads the weights of a file once, however many models stand on it, and frees them with the last of these.</summary>
internal sealed class WeightsStore(MemoryBudget budget, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly List<LlamaWeights> _loaded = [];

    public bool Has(ModelFile file)
    {
        lock (_gate)
            return _loaded.Exists(w => w.IsOf(file));
    }

    /// <summary>Takes what is loaded, or reads the file. Two callers at once would both read it: the engine loads one model at a
    /// time.</summary>
    /// <param name="plan">What reading it takes of the budget.</param>
    /// <exception cref="ModelRejectedException">llama.cpp refused the file.</exception>
    public LlamaWeights Take(ModelFile file, MemoryPlan plan)
    {
        lock (_gate)
            if (_loaded.Find(w => w.IsOf(file)) is { } loaded)
            {
                loaded.Users++;
                return loaded;
            }
        var weights = Read(file, plan);
        budget.Hold(plan);
        logger.WeightsRead(file.Path);
        lock (_gate)
            _loaded.Add(weights);
        return weights;
    }

    private static LlamaWeights Read(ModelFile file, MemoryPlan plan)
    {
        var handle = LlamaModelHandle.Load(file.Path);
        try
        {
            return new LlamaWeights(file, handle, plan);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Return(LlamaWeights weights)
    {
        lock (_gate)
        {
            if (--weights.Users > 0)
                return;
            _loaded.Remove(weights);
        }
        weights.Dispose();
        budget.GiveBack(weights.Plan);
        logger.WeightsFreed(weights.Path);
    }
}
