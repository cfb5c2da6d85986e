using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Backend;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Scheduling;

/// <summary>Reads the weights of a file once, however many models stand on it, and frees them with the last of these.</summary>
/// <param name="gpuLayers">How many layers go to a graphics processor; null for all.</param>
internal sealed class WeightsStore(ILlamaBackend backend, MemoryBudget budget, int? gpuLayers, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly List<SharedWeights> _loaded = [];

    public bool Has(ModelFile file)
    {
        lock (_gate)
            return _loaded.Exists(w => w.IsOf(file));
    }

    /// <summary>Takes what is loaded, or reads the file. Two callers at once would both read it: the engine loads one model at a
    /// time.</summary>
    /// <param name="plan">What reading it takes of the budget.</param>
    /// <exception cref="ModelRejectedException">llama.cpp refused the file.</exception>
    public SharedWeights Take(ModelFile file, MemoryPlan plan)
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

    private SharedWeights Read(ModelFile file, MemoryPlan plan)
    {
        var loaded = backend.OpenWeights(file.Path, gpuLayers);
        try
        {
            return new SharedWeights(file, loaded, plan);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    public void Return(SharedWeights weights)
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
