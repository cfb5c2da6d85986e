using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace SPaR.Torch.Training;

/// <summary>The threads that share the rows of a pass. Each computes with one thread of torch's own: two halves of a batch side by side
/// keep two processors busier than one batch whose operations are cut in two. Worker 0 is the thread that asks.</summary>
internal sealed class Workers : IDisposable
{
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim[] _begin;
    private readonly CountdownEvent _running = new(1);
    private readonly ExceptionDispatchInfo?[] _thrown;
    private Action<int>? _work;

    public Workers(int count)
    {
        Count = count;
        _thrown = new ExceptionDispatchInfo?[count];
        _begin = [.. Enumerable.Range(0, count).Select(_ => new SemaphoreSlim(0))];
        _threads = [.. Enumerable.Range(1, count - 1)
            .Select(i => new Thread(() => Serve(i)) { Name = $"training {i}", IsBackground = true })];
        foreach (var thread in _threads)
            thread.Start();
    }

    public int Count { get; }

    /// <summary>Does the work once for each worker, 0 to <see cref="Count"/> − 1, side by side, and waits for all.</summary>
    /// <exception cref="Exception">What the lowest worker that failed has thrown.</exception>
    public void Run(Action<int> work)
    {
        _work = work;
        _running.Reset(Count);
        foreach (var begin in _begin.Skip(1))
            begin.Release();
        set_num_threads(1);
        Work(0);
        _running.Wait();
        _work = null;
        foreach (var thrown in _thrown)
            thrown?.Throw();
    }

    public void Dispose()
    {
        // Without work to do a thread that is woken ends.
        foreach (var begin in _begin.Skip(1))
            begin.Release();
        foreach (var thread in _threads)
            thread.Join();
        _running.Dispose();
    }

    private void Serve(int worker)
    {
        set_num_threads(1);
        while (true)
        {
            _begin[worker].Wait();
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
        // Not swallowed: thrown again on the thread that asked.
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
