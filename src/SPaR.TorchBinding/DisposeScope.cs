using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Owns the tensors that were made on this thread while it was the innermost scope, and disposes of them at its end. Scopes
/// belong to a thread: do not await inside one.</summary>
public sealed class DisposeScope : IDisposable
{
    private readonly DisposeScopeManager _manager;
    private HashSet<IDisposable> _disposables = new(ReferenceEqualityComparer.Instance);
    private bool _disposed;

    internal DisposeScope(DisposeScopeManager manager)
    {
        _manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    public int DisposablesCount
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _disposables.Count;
        }
    }

    internal DisposeScope? OuterScope { get; set; }

    public T MoveToOuter<T>(T disposable) where T : IDisposable
    {
        MoveToOuter((IEnumerable<IDisposable>)[disposable]);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        MoveToOuter((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    /// <summary>Hands tensors of this scope to the scope around it; without one, to the caller.</summary>
    public void MoveToOuter(IEnumerable<IDisposable> disposables)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var disposable in disposables)
        {
            if (!_disposables.Remove(disposable))
                continue;
            OuterScope?._disposables.Add(disposable);
            ((Tensor)disposable).OwningDisposeScope = OuterScope;
        }
    }

    public T Detach<T>(T disposable) where T : IDisposable
    {
        Detach((IEnumerable<IDisposable>)[disposable]);
        return disposable;
    }

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    /// <summary>Hands tensors of this scope to the caller, who disposes of them.</summary>
    public void Detach(IEnumerable<IDisposable> disposables)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var disposable in disposables)
        {
            if (_disposables.Remove(disposable))
                ((Tensor)disposable).OwningDisposeScope = null;
        }
    }

    /// <summary>Takes tensors over, from whichever scope they belong to.</summary>
    public void Attach(params IDisposable[] disposables)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var tensor in disposables.Cast<Tensor>())
        {
            tensor.OwningDisposeScope?._disposables.Remove(tensor);
            _disposables.Add(tensor);
            tensor.OwningDisposeScope = this;
        }
    }

    public void DisposeEverything() => DisposeEverythingBut([]);

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var all = _disposables;
        _disposables = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        foreach (var disposable in all.Where(d => !_disposables.Contains(d)))
            disposable.Dispose();
    }

    public bool Contains(IDisposable disposable) => _disposables.Contains(disposable);

    public void Dispose()
    {
        if (_disposed)
            return;
        DisposeEverything();
        _manager.Remove(this);
        _disposed = true;
    }

    internal void Register(Tensor tensor) => _disposables.Add(tensor);

    internal void Forget(Tensor tensor)
    {
        _disposables.Remove(tensor);
        tensor.OwningDisposeScope = null;
    }
}
