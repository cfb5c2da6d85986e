namespace SPaR.Service.Worker;

/// <summary>Keeps models loaded while they are used and for a while after, so that the next work slice does not load them again.</summary>
internal sealed class ModelCache(ITextEngine engine, IOptions<WorkerOptions> options, TimeProvider time) : IAsyncDisposable
{
    private readonly TimeSpan _idle = TimeSpan.FromSeconds(options.Value.IdleModelSeconds);
    private readonly SemaphoreSlim _lock = new(1);
    private readonly Dictionary<ModelFile, Entry> _entries = [];

    /// <summary>Leases a model, and loads it first where it is not loaded.</summary>
    /// <exception cref="ModelRejectedException">The file cannot be used.</exception>
    public async Task<Lease> LeaseAsync(ModelFile file, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken);
        try
        {
            if (!_entries.TryGetValue(file, out var entry))
                _entries.Add(file, entry = new(await LoadAsync(file, cancellationToken)));
            entry.Users++;
            return new(this, file, entry.Model);
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>Unloads at once what nobody uses, so that a training that starts has the memory.</summary>
    public async Task UnloadIdleAsync()
    {
        await _lock.WaitAsync();
        try
        {
            await UnloadUnusedAsync();
        }
        finally
        {
            _lock.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _lock.WaitAsync();
        foreach (var entry in _entries.Values)
            await entry.Model.DisposeAsync();
        _entries.Clear();
        _lock.Release();
    }

    /// <summary>A model that nobody uses stays only as long as no other needs its memory.</summary>
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

    private async Task ReleaseAsync(ModelFile file)
    {
        await _lock.WaitAsync();
        var idleSince = 0L;
        if (_entries.TryGetValue(file, out var entry) && --entry.Users == 0)
            entry.IdleSince = idleSince = time.GetTimestamp();
        _lock.Release();
        if (idleSince != 0)
            _ = UnloadWhenIdleAsync(file, idleSince);
    }

    private async Task UnloadWhenIdleAsync(ModelFile file, long idleSince)
    {
        await Task.Delay(_idle, time);
        await _lock.WaitAsync();
        try
        {
            // Used again since; its next release comes back here.
            if (!_entries.TryGetValue(file, out var entry) || entry.Users > 0 || entry.IdleSince != idleSince)
                return;
            _entries.Remove(file);
            await entry.Model.DisposeAsync();
        }
        finally
        {
            _lock.Release();
        }
    }

    /// <summary>A model in use; disposing it releases the model.</summary>
    public sealed class Lease(ModelCache cache, ModelFile file, ITextModel model) : IAsyncDisposable
    {
        public ITextModel Model => model;

        public async ValueTask DisposeAsync() => await cache.ReleaseAsync(file);
    }

    private sealed class Entry(ITextModel model)
    {
        public ITextModel Model => model;

        public int Users { get; set; }

        public long IdleSince { get; set; }
    }
}
