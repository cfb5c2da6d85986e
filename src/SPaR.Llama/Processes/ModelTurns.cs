using SPaR.Llama.Memory;

namespace SPaR.Llama.Processes;

/// <summary>Lets models take turns in memory. A request to a model that is not loaded waits until it fits: idle models are stopped for it,
/// the one idle for longest first. Meanwhile requests to loaded models go first, so that a model does all its work before it is stopped;
/// after <c>maxWait</c> they queue too, so that nobody waits for ever.</summary>
/// <param name="start">Loads a model. Throws <see cref="NoRoomException"/> if it does not fit next to the loaded ones.</param>
internal sealed class ModelTurns<TModel>(Func<ModelFile, CancellationToken, Task<TModel>> start, TimeSpan maxWait, TimeProvider time)
    : IAsyncDisposable
    where TModel : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ModelFile, int> _handles = [];
    private readonly Dictionary<ModelFile, Resident> _loaded = [];
    private readonly List<Waiter> _waiting = [];
    private TaskCompletionSource _becameIdle = NewSignal();
    private Task _loading = Task.CompletedTask;
    private bool _isLoading;
    private bool _entryClosed;
    private bool _disposed;

    public IReadOnlyList<TModel> Loaded
    {
        get
        {
            lock (_gate)
                return [.. _loaded.Values.Select(l => l.Model)];
        }
    }

    /// <summary>Adds a handle to a model. It accepts requests until <see cref="CloseAsync"/> has been called as often.</summary>
    public void Open(ModelFile file)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ITextEngine));
            _handles[file] = _handles.GetValueOrDefault(file) + 1;
        }
    }

    /// <summary>Removes a handle. The last one stops the model.</summary>
    public async Task CloseAsync(ModelFile file)
    {
        Resident? stopping;
        lock (_gate)
        {
            // After disposal there is nothing to close.
            if (!_handles.TryGetValue(file, out var handles) || SetHandles(file, handles - 1) > 0)
                return;
            _loaded.Remove(file, out stopping);
        }
        Fail(file, Unloaded(file));
        if (stopping is not null)
            await stopping.Model.DisposeAsync();
    }

    /// <summary>Waits until the model is loaded, and keeps it loaded until the turn is disposed.</summary>
    public async Task<Turn> EnterAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(file);
        lock (_gate)
        {
            if (!_handles.ContainsKey(file))
                throw Unloaded(file);
            if (!_entryClosed && _loaded.TryGetValue(file, out var loaded))
                return Enter(loaded);
            _waiting.Add(waiter);
            if (!_isLoading)
                _loading = Task.Run(LoadAsync, CancellationToken.None);
            _isLoading = true;
        }
        await using var registration = cancellationToken.Register(() =>
        {
            lock (_gate)
                if (_waiting.Remove(waiter))
                    waiter.Entered.SetCanceled(cancellationToken);
        });
        return await waiter.Entered.Task;
    }

    /// <summary>Stops all models. Unfinished requests fail.</summary>
    public async ValueTask DisposeAsync()
    {
        Resident[] stopping;
        lock (_gate)
        {
            // Under one lock: a stopped model must not make room to load another for a waiting request.
            _disposed = true;
            foreach (var file in _handles.Keys)
                Fail(file, Unloaded(file));
            _handles.Clear();
            stopping = [.. _loaded.Values];
            _loaded.Clear();
        }
        await Task.WhenAll(stopping.Select(s => s.Model.DisposeAsync().AsTask()));
        await _loading;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static ObjectDisposedException Unloaded(ModelFile file) =>
        new(nameof(ITextModel), $"{file.Name} was unloaded before the request finished. Load it again.");

    private int SetHandles(ModelFile file, int handles)
    {
        if (handles == 0)
            _handles.Remove(file);
        else
            _handles[file] = handles;
        return handles;
    }

    private Turn Enter(Resident loaded)
    {
        loaded.Users++;
        return new Turn(this, loaded);
    }

    /// <summary>Loads the requested models, one after the other, until no request waits.</summary>
    private async Task LoadAsync()
    {
        while (Next() is { } first)
            try
            {
                var model = await start(first.File, CancellationToken.None);
                if (!TryAdd(first.File, model))
                    await model.DisposeAsync();
            }
            catch (NoRoomException)
            {
                await StopOneAsync(first);
            }
            catch (Exception e)
            {
                // Requests for this model fail; those for others are served.
                Fail(first.File, e);
            }
    }

    /// <returns>The request that has waited longest for a model that is not loaded; null if there is none.</returns>
    private Waiter? Next()
    {
        lock (_gate)
        {
            _entryClosed = false;
            foreach (var waiter in _waiting.Where(w => _loaded.ContainsKey(w.File)).ToArray())
            {
                _waiting.Remove(waiter);
                waiter.Entered.SetResult(Enter(_loaded[waiter.File]));
            }
            _isLoading = _waiting.Count > 0;
            return _waiting.FirstOrDefault();
        }
    }

    /// <returns>False if all handles of the model have been closed meanwhile.</returns>
    private bool TryAdd(ModelFile file, TModel model)
    {
        lock (_gate)
        {
            if (!_handles.ContainsKey(file))
                return false;
            _loaded.Add(file, new Resident(model) { LastUsed = time.GetTimestamp() });
            return true;
        }
    }

    private void Fail(ModelFile file, Exception exception)
    {
        lock (_gate)
            foreach (var waiter in _waiting.Where(w => w.File == file).ToArray())
            {
                _waiting.Remove(waiter);
                waiter.Entered.SetException(exception);
            }
    }

    /// <summary>Waits until a model has been stopped, or until <paramref name="first"/> no longer waits.</summary>
    private async Task StopOneAsync(Waiter first)
    {
        var waited = Task.Delay(maxWait, time);
        while (!first.Entered.Task.IsCompleted)
        {
            var (stopping, idle) = TakeIdle();
            if (stopping is not null)
                await stopping.Model.DisposeAsync();
            if (stopping is not null || idle is null)
                return;
            if (waited.IsCompleted)
            {
                lock (_gate)
                    _entryClosed = true;
                await Task.WhenAny(idle, first.Entered.Task);
            }
            else
                await Task.WhenAny(idle, first.Entered.Task, waited);
        }
    }

    /// <returns>The model that has been idle for longest, removed from the loaded ones; or, if all are busy, a task that completes when one
    /// becomes idle; or neither, if none is loaded.</returns>
    private (Resident? Stopping, Task? Idle) TakeIdle()
    {
        lock (_gate)
        {
            var file = _loaded.Where(l => l.Value.Users == 0).OrderBy(l => l.Value.LastUsed).Select(l => l.Key).FirstOrDefault();
            if (file is null)
                return (null, _loaded.Count > 0 ? _becameIdle.Task : null);
            _loaded.Remove(file, out var stopping);
            return (stopping, null);
        }
    }

    private void Leave(Resident loaded)
    {
        lock (_gate)
        {
            loaded.LastUsed = time.GetTimestamp();
            if (--loaded.Users > 0)
                return;
            _becameIdle.SetResult();
            _becameIdle = NewSignal();
        }
    }

    public sealed class Turn(ModelTurns<TModel> turns, Resident loaded) : IDisposable
    {
        public TModel Model => loaded.Model;

        public void Dispose() => turns.Leave(loaded);
    }

    public sealed class Resident(TModel model)
    {
        public TModel Model => model;

        public int Users { get; set; }

        public long LastUsed { get; set; }
    }

    private sealed class Waiter(ModelFile file)
    {
        public ModelFile File => file;

        public TaskCompletionSource<Turn> Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
