using SPaR.Abstractions;

namespace SPaR.Llama.Scheduling;

/// <summary>Models take turns in the memory. A request to one that is not there waits until enough of the others have nothing to do, and
/// these are unloaded for it. Requests that come meanwhile to a model that is there still go to it, so that a model does all there is to
/// do before it leaves; but not for longer than the patience lasts, so that none waits for ever.</summary>
/// <param name="load">Loads a model; <c>too-large</c> says that it does not fit beside those that are there.</param>
internal sealed class Stage(Func<ModelFile, CancellationToken, Task<ITextModel>> load, TimeSpan patience, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ModelFile, int> _handles = [];
    private readonly Dictionary<ModelFile, Resident> _residents = [];
    private readonly List<Waiter> _waiting = [];
    private TaskCompletionSource _becameIdle = NewSignal();
    private bool _changing;
    private bool _closed;

    /// <summary>Somebody may ask the model from now on.</summary>
    public void Open(ModelFile file)
    {
        lock (_gate)
            _handles[file] = _handles.GetValueOrDefault(file) + 1;
    }

    /// <summary>One of those who <see cref="Open"/>ed it will ask no more; after the last one it leaves the memory.</summary>
    public async Task CloseAsync(ModelFile file)
    {
        Resident? leaving;
        lock (_gate)
        {
            if (--_handles[file] > 0)
                return;
            _handles.Remove(file);
            _residents.Remove(file, out leaving);
        }
        if (leaving is not null)
            await leaving.Model.DisposeAsync();
    }

    /// <summary>Has the model in memory until the turn is disposed.</summary>
    public async Task<Turn> EnterAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(file);
        lock (_gate)
        {
            if (!_closed && _residents.TryGetValue(file, out var resident))
                return Enter(resident);
            _waiting.Add(waiter);
            if (!_changing)
                _ = Task.Run(ChangeAsync, CancellationToken.None);
            _changing = true;
        }
        await using var registration = cancellationToken.Register(() =>
        {
            lock (_gate)
                if (_waiting.Remove(waiter))
                    waiter.Entered.SetCanceled(cancellationToken);
        });
        return await waiter.Entered.Task;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Turn Enter(Resident resident)
    {
        resident.Users++;
        return new Turn(this, resident);
    }

    /// <summary>Brings in what is waited for, one model after the other, until nobody waits.</summary>
    private async Task ChangeAsync()
    {
        while (Next() is { } first)
            try
            {
                var model = await load(first.File, CancellationToken.None);
                if (!TryAdd(first.File, model))
                    await model.DisposeAsync();
            }
            catch (ModelRejectedException e) when (e.Code == "too-large" && HasResidents())
            {
                await UnloadOneAsync(first);
            }
            catch (Exception e)
            {
                // The requests that wait for this model end here; those that wait for others are served.
                Fail(first.File, e);
            }
    }

    /// <returns>Who has waited longest for a model that is not there; null if nobody does.</returns>
    private Waiter? Next()
    {
        lock (_gate)
        {
            _closed = false;
            foreach (var waiter in _waiting.Where(w => _residents.ContainsKey(w.File)).ToArray())
                Admit(waiter, _residents[waiter.File]);
            _changing = _waiting.Count > 0;
            return _waiting.FirstOrDefault();
        }
    }

    private void Admit(Waiter waiter, Resident resident)
    {
        _waiting.Remove(waiter);
        waiter.Entered.SetResult(Enter(resident));
    }

    /// <returns>False if all who could ask the model have closed it.</returns>
    private bool TryAdd(ModelFile file, ITextModel model)
    {
        lock (_gate)
            if (_handles.ContainsKey(file))
            {
                _residents.Add(file, new Resident(model) { LastUsed = time.GetTimestamp() });
                return true;
            }
        Fail(file, new ObjectDisposedException(nameof(ITextModel), $"{file.Name} was freed; its requests end here."));
        return false;
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

    private bool HasResidents()
    {
        lock (_gate)
            return _residents.Count > 0;
    }

    /// <summary>Ends when a model has left, or when <paramref name="first"/> has given up.</summary>
    private async Task UnloadOneAsync(Waiter first)
    {
        var patient = Task.Delay(patience, time);
        while (!first.Entered.Task.IsCompleted)
        {
            var (leaving, idle) = TakeIdle();
            if (leaving is not null)
                await leaving.Model.DisposeAsync();
            if (leaving is not null || idle is null)
                return;
            if (patient.IsCompleted)
            {
                lock (_gate)
                    _closed = true;
                await Task.WhenAny(idle, first.Entered.Task);
            }
            else
                await Task.WhenAny(idle, first.Entered.Task, patient);
        }
    }

    /// <returns>The model that has had nothing to do for longest, which is out of reach now; or, while all have something to do, what ends
    /// when one has not; or neither, when none is there.</returns>
    private (Resident? Leaving, Task? Idle) TakeIdle()
    {
        lock (_gate)
        {
            var free = _residents.Where(r => r.Value.Users == 0).OrderBy(r => r.Value.LastUsed).Select(r => r.Key).FirstOrDefault();
            if (free is null)
                return (null, _residents.Count > 0 ? _becameIdle.Task : null);
            _residents.Remove(free, out var leaving);
            return (leaving, null);
        }
    }

    private void Leave(Resident resident)
    {
        lock (_gate)
        {
            resident.LastUsed = time.GetTimestamp();
            if (--resident.Users > 0)
                return;
            _becameIdle.SetResult();
            _becameIdle = NewSignal();
        }
    }

    public sealed class Turn(Stage stage, Resident resident) : IDisposable
    {
        public ITextModel Model => resident.Model;

        public void Dispose() => stage.Leave(resident);
    }

    public sealed class Resident(ITextModel model)
    {
        public ITextModel Model => model;

        public int Users { get; set; }

        public long LastUsed { get; set; }
    }

    private sealed class Waiter(ModelFile file)
    {
        public ModelFile File => file;

        public TaskCompletionSource<Turn> Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
