namespace SPaR.Runs;

/// <summary>Wakes one waiter; a wake while nobody waits is kept for the next wait.</summary>
internal sealed class Wake(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _woken = new(0, 1);

    public void Now()
    {
        try
        {
            _woken.Release();
        }
        catch (SemaphoreFullException)
        {
            // One wake is kept already, and one is enough.
        }
    }

    /// <summary>Returns when woken, or after this time.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await _woken.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }
    }

    public void Dispose() => _woken.Dispose();
}
