namespace SPaR.Service.Worker;

/// <summary>Keeps models loaded while they are used and for a while after, so that the next work slice does not load them again. Models are
/// told apart by their content, so a file that was replaced is another model. Each loads by itself: a slow disk holds up who needs
/// it.</summary>
internal sealed class ModelCache(ITextEngine engine, IOptions<WorkerOptions> options, TimeProvider time) : IAsyncDisposable
{
    private readonly TimeSpan _idle = TimeSpan.FromSeconds(options.Value.IdleModelSeconds);
    private readonly Lock _lock = new();
    private readonly Dictionary<ModelFile, Entry> _entries = [];

    /// <summary>Leases a model, and loads it first where it is not loaded.</summary>
    /// <exception cref="ModelRejectedException">The file cannot be used.</exception>
    public async Task<Lease> LeaseAsync(ModelFile file, CancellationToken cancellationToken)
    {
        Entry entry;
        lock (_lock)
        {
            // One that could not be loaded is tried again: its file may have been put right.
            if (!_entries.TryGetValue(file, out entry!) || entry.Model.IsFaulted)
                _entries[file] = entry = new(this, file);
            entry.Users++;
        }

        try
        {
            return new(this, file, entry, await entry.Model.WaitAsync(cancellationToken));
        }
        catch
        {
            await ReleaseAsync(file, entry);
            throw;
        }
    }

    /// <summary>Unloads at once what nobody uses, so that a training that starts has the memory.</summary>
    public async Task UnloadIdleAsync()
    {
        foreach (var entry in TakeOut(e => e.Users == 0))
            await entry.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var entry in TakeOut(_ => true))
            await entry.DisposeAsync();
    }

    /// <summary>A model that nobody uses stays only as long as no other needs its memory.</summary>
    private async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.LoadAsync(file, cancellationToken);
        }
        catch (ModelRejectedException e) when (e.Code == "too-large" && HasIdle())
        {
            await UnloadIdleAsync();
            return await engine.LoadAsync(file, cancellationToken);
        }
    }

    private bool HasIdle()
    {
        lock (_lock)
            return _entries.Values.Any(e => e.Users == 0);
    }

    private List<Entry> TakeOut(Func<Entry, bool> which)
    {
        lock (_lock)
        {
            var taken = _entries.Where(e => which(e.Value)).ToList();
            taken.ForEach(e => _entries.Remove(e.Key));
            return taken.ConvertAll(e => e.Value);
        }
    }

    private async Task ReleaseAsync(ModelFile file, Entry entry)
    {
        var idleSince = time.GetTimestamp();
        bool isUnwanted;
        lock (_lock)
        {
            if (--entry.Users > 0)
                return;
            entry.IdleSince = idleSince;
            isUnwanted = !entry.Model.IsCompletedSuccessfully && _entries.GetValueOrDefault(file) == entry && _entries.Remove(file);
        }

        if (isUnwanted)
            await entry.DisposeAsync();
        else
            _ = UnloadWhenIdleAsync(entry, idleSince);
    }

    private async Task UnloadWhenIdleAsync(Entry entry, long idleSince)
    {
        await Task.Delay(_idle, time);
        // Used again since: its next release comes back here.
        foreach (var idle in TakeOut(e => e == entry && e.Users == 0 && e.IdleSince == idleSince))
            await idle.DisposeAsync();
    }

    /// <summary>A model in use; disposing it releases the model.</summary>
    internal sealed class Lease(ModelCache cache, ModelFile file, Entry entry, ITextModel model) : IAsyncDisposable
    {
        public ModelFile File => file;

        public ITextModel Model => model;

        public async ValueTask DisposeAsync() => await cache.ReleaseAsync(file, entry);
    }

    /// <summary>A model that is loaded or loading.</summary>
    internal sealed class Entry : IAsyncDisposable
    {
        private readonly CancellationTokenSource _unwanted = new();

        public Entry(ModelCache cache, ModelFile file) =>
            // Not on the caller's thread, which holds the lock.
            Model = Task.Run(() => cache.LoadAsync(file, _unwanted.Token));

        public Task<ITextModel> Model { get; }

        public int Users { get; set; }

        public long IdleSince { get; set; }

        /// <summary>Unloads it, or stops loading it.</summary>
        public async ValueTask DisposeAsync()
        {
            await _unwanted.CancelAsync();
            await ((Task)Model).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Model.IsCompletedSuccessfully)
                await (await Model).DisposeAsync();
            _unwanted.Dispose();
        }
    }
}
