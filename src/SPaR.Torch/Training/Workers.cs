using System.Runtime.ExceptionServices;

namespace SPaR.Torch.Training;

/// <summary>The threads that share the rows of a micro-batch. Each uses a single torch thread: two halves of a batch in parallel use two
/// processors better than one batch whose operations are split. Worker 0 is the calling thread.</summary>
internal sealed class Workers : IDisposable
{
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim[] _start;
    private readonly CountdownEvent _running = new(1);
    private readonly ExceptionDispatchInfo?[] _thrown;
    private Action<int>? _work;

    public Workers(int count)
    {
        Count = count;
        _thrown = new ExceptionDispatchInfo?[count];
        _start = [.. Enumerable.Range(0, count).Select(_ => new SemaphoreSlim(0))];
        _threads = [.. Enumerable.Range(1, count - 1)
            .Select(i => new Thread(() => Serve(i)) { Name = $"training {i}", IsBackground = true })];
        foreach (var thread in _threads)
            thread.Start();
    }

    public int Count { get; }

    /// <summary>Runs the work once for each worker, 0 to <see cref="Count"/> − 1, in parallel, and waits for all.</summary>
    /// <exception cref="Exception">The exception of the lowest worker that failed.</exception>
    public void Run(Action<int> work)
    {
        _work = work;
        _running.Reset(Count);
        foreach (var start in _start.Skip(1))
            start.Release();
        set_num_threads(1);
        Work(0);
        _running.Wait();
        _work = null;
        foreach (var thrown in _thrown)
            thrown?.Throw();
    }

    public void Dispose()
    {
        // A thread that wakes up without work ends.
        foreach (var start in _start.Skip(1))
            start.Release();
        foreach (var thread in _threads)
            thread.Join();
        _running.Dispose();
    }

    private void Serve(int worker)
    {
        set_num_threads(1);
        while (true)
        {
            _start[worker].Wait();
            if (_work is null)
                return;
            Work(worker);
        }
    }

    private void Work(int worker)
    {
        try
        {
            _thrown[worker] = null;
            _work!(worker);
        }
        // Not swallowed: rethrown on the calling thread.
        catch (Exception e)
        {
            _thrown[worker] = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _running.Signal();
        }
    }
}
