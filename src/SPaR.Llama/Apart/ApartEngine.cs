using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Apart;

/// <summary>Loads each model into a process of its own. Two models are then evaluated at the same time also where a binding lets one
/// evaluation of a process run at a time, and what ends such a process ends no worker. Models on one file do not share its weights, but
/// the operating system holds a mapped file once. Loads no native library itself.</summary>
internal sealed class ApartEngine(IOptions<LlamaOptions> options, ILogger<ApartEngine> logger) : ITextEngine
{
    private readonly LlamaOptions _options = options.Value;

    // Who changes what is loaded; a process that is replaced reads beside it.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<ModelFile, KeptProcess> _models = [];
    private bool _disposed;

    public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ITextEngine));
            if (_models.TryGetValue(file, out var process))
                process.Shares++;
            else
                process = _models[file] = await KeptProcess.StartAsync(file, stop => StartAsync(file, stop), logger, cancellationToken);
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
        foreach (var process in _models.Values)
            await process.DisposeAsync();
        _models.Clear();
        _gate.Release();
    }

    /// <summary>Each process plans for its own model, and refuses it where it does not fit beside the others.</summary>
    private Task<(EngineProcess, Loaded)> StartAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var others = _models.Where(m => m.Key != file).Aggregate(default(MemoryPlan), (sum, m) => sum + m.Value.Plan);
        var command = _options.Command.Count > 0 ? [.. _options.Command] : ThisProgram.InRole("engine", "Llama:Command");
        return EngineProcess.StartAsync(command, file, _options, others, cancellationToken);
    }

    private async Task ReleaseAsync(KeptProcess process)
    {
        await _gate.WaitAsync();
        try
        {
            if (--process.Shares == 0 && _models.TryRemove(process.File, out _))
                await process.DisposeAsync();
        }
        finally
        {
            _gate.Release();
        }
    }
}
