using System.Threading.Channels;

namespace SPaR.Service.Events;

/// <summary>Wakes one waiter; a wake while nobody waits is kept for the next wait.</summary>
internal sealed class Wake(TimeProvider time)
{
    // One kept wake is enough. A channel needs no disposing, so a late signal to a slice that has ended is harmless.
    private readonly Channel<bool> _woken = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Now() => _woken.Writer.TryWrite(true);

    /// <summary>Returns when woken, or after this time.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await _woken.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is up.
        }
    }
}
