using Microsoft.Extensions.Options;
using SPaR.Abstractions;

namespace SPaR.Service.Worker;

/// <summary>Keeps models loaded while they are used and for a while after, so that the next share of a run does not load them
/// again.</summary>
internal sealed class ModelCache(ITextEngine engine, IOptions<WorkerOptions> options, TimeProvider time) : IAsyncDisposable
{
    private readonly TimeSpan _idle = TimeSpan.FromSeconds(options.Value.IdleModelSeconds);
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<ModelFile, Entry> _entries = [];

    /// <summary>Loads a model, or takes the one that is loaded.</summary>
    /// <exception cref="ModelRejectedException">The file cannot be used.</exception>
    public async Task<Lease> LeaseAsync(ModelFile file, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (!_entries.TryGetValue(file, out var entry))
                _entries.Add(file, entry = new(await LoadAsync(file, cancellationToken)));
            entry.Users++;
            return new(this, file, entry.Model);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Unloads at once what nobody uses: a training that begins is to have the memory.</summary>
    public async Task UnloadIdleAsync()
    {
        await _gate.WaitAsync();
        try
        {
            await UnloadUnusedAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        foreach (var entry in _entries.Values)
            await entry.Model.DisposeAsync();
        _entries.Clear();
        _gate.Release();
    }

    /// <summary>A model that nobody uses stays for the next share only as long as no other needs its place.</summary>
    private async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.LoadAsync(file, cancellationToken);
        }
        catch (ModelRejectedException e) when (e.Code == "too-large" && _entries.Values.Any(entry => entry.Users == 0))
        {
            await UnloadUnusedAsync();
            return await engine.LoadAsync(file, cancellationToken);
        }
    }

    private async Task UnloadUnusedAsync()
    {
        foreach (var (file, entry) in _entries.Where(e => e.Value.Users == 0).ToList())
        {
            _entries.Remove(file);
            await entry.Model.DisposeAsync();
        }
    }

    private async Task ReturnAsync(ModelFile file)
    {
        await _gate.WaitAsync();
        var idleSince = 0L;
        if (_entries.TryGetValue(file, out var entry) && --entry.Users == 0)
            entry.IdleSince = idleSince = time.GetTimestamp();
        _gate.Release();
        if (idleSince != 0)
            _ = UnloadWhenIdleAsync(file, idleSince);
    }

    private async Task UnloadWhenIdleAsync(ModelFile file, long idleSince)
    {
        await Task.Delay(_idle, time);
        await _gate.WaitAsync();
        try
        {
            // Used again since: whoever returns it next comes back here.
            if (!_entries.TryGetValue(file, out var entry) || entry.Users > 0 || entry.IdleSince != idleSince)
                return;
            _entries.Remove(file);
            await entry.Model.DisposeAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A model in use; disposing it releases the model.</summary>
    public sealed class Lease(ModelCache cache, ModelFile file, ITextModel model) : IAsyncDisposable
    {
        public ITextModel Model => model;

        public async ValueTask DisposeAsync() => await cache.ReturnAsync(file);
    }

    private sealed class Entry(ITextModel model)
    {
        public ITextModel Model => model;

        public int Users { get; set; }

        public long IdleSince { get; set; }
    }
}
