using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Apart;

/// <summary>Loads each model into a process of its own. Two models are then evaluated at the same time also where a binding lets one
/// evaluation of a process run at a time, and what ends such a process ends no worker. Models on one file do not share its weights, but
/// the operating system holds a mapped file once.</summary>
internal sealed class ApartEngine(IOptions<LlamaOptions> options, ILogger<ApartEngine> logger) : ITextEngine
{
    private readonly LlamaOptions _options = options.Value;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<ModelFile, (KeptProcess Process, MemoryPlan Plan)> _models = [];
    private readonly MemoryBudget _budget = new(options.Value.MemoryBytes, new MachineMemory());
    private bool _disposed;

    public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ITextEngine));
            var process = Share(file) ?? await StartAsync(file, cancellationToken);
            return new ApartModel(process, () => ReleaseAsync(process));
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        _disposed = true;
        foreach (var (process, _) in _models.Values)
            await process.DisposeAsync();
        _models.Clear();
        _gate.Release();
    }

    /// <summary>Another handle of a model that has a process.</summary>
    private KeptProcess? Share(ModelFile file)
    {
        if (!_models.TryGetValue(file, out var model))
            return null;
        model.Process.Shares++;
        return model.Process;
    }

    private async Task<KeptProcess> StartAsync(ModelFile file, CancellationToken cancellationToken)
    {
        // Before anything is started: what does not fit beside the others is refused here, as each process sees its own model only.
        var (plan, _) = await Task.Run(() => ModelPlan.Of(file, _options), cancellationToken);
        _budget.Admit(file.Name, plan);
        var command = EngineCommand.Of(_options);
        var process = await KeptProcess.StartAsync(
            file, stop => EngineProcess.StartAsync(command, file, _options, stop), logger, cancellationToken);
        _budget.Hold(plan);
        _models.Add(file, (process, plan));
        return process;
    }

    private async Task ReleaseAsync(KeptProcess process)
    {
        await _gate.WaitAsync();
        try
        {
            if (--process.Shares > 0 || !_models.Remove(process.File, out var model))
                return;
            await process.DisposeAsync();
            _budget.GiveBack(model.Plan);
        }
        finally
        {
            _gate.Release();
        }
    }
}
