using SPaR.Method;
using SPaR.Service.Events;

namespace SPaR.Service.Live;

/// <summary>What the workers write for one request, as it comes. Disposing it before the end cancels the request: its client has gone
/// away.</summary>
internal sealed class LiveAnswer : IAsyncDisposable
{
    // Signals arrive at once; this is for those that a broken connection lost.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly IDbContextFactory<SparDb> _databases;
    private readonly LiveSubmission _submission;
    private readonly Wake _wake;
    private readonly IDisposable _subscription;
    private readonly CancellationTokenSource _read = new();
    private readonly Task _watching;
    private readonly Queue<LiveContent> _outputs = new();
    private int _last;

    public LiveAnswer(
        string id, IDbContextFactory<SparDb> databases, LiveSubmission submission, RunSignals signals, TimeProvider time)
    {
        (Id, _databases, _submission, _wake) = (id, databases, submission, new(time));
        _subscription = signals.Subscribe(
            changed =>
            {
                if (changed == id)
                    _wake.Now();
            },
            RunSignals.LiveOutputs);
        // Also while the client reads slowly.
        _watching = submission.WatchAsync(id, _wake.Now, _read.Token);
    }

    public string Id { get; }

    /// <summary>The request, once it has ended; null before.</summary>
    public LiveRequest? End { get; private set; }

    /// <returns>The next output; null at the end.</returns>
    public async Task<LiveContent?> NextAsync(CancellationToken cancellationToken)
    {
        while (_outputs.Count == 0 && End is null)
        {
            await ReadAsync(cancellationToken);
            if (_outputs.Count == 0 && End is null)
                await _wake.WaitAsync(PollInterval, cancellationToken);
        }

        return _outputs.TryDequeue(out var next) ? next : null;
    }

    /// <summary>Reads all outputs.</summary>
    /// <returns>The request, which has ended.</returns>
    public async Task<LiveRequest> EndAsync(CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken) is not null)
        {
        }

        return End!;
    }

    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        await _read.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _read.Dispose();
        if (End is null)
            await _submission.CancelAsync(Id, CancellationToken.None);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = await _databases.CreateDbContextAsync(cancellationToken);
        // The status first: nothing is written after the end, so what is read then is all.
        var hasEnded = await db.LiveRequests.AnyAsync(
            r => r.Id == Id && r.Status != RunStatus.Queued && r.Status != RunStatus.Running, cancellationToken);
        var outputs = await db.LiveOutputs.AsNoTracking().Where(o => o.RequestId == Id && o.Ordinal > _last).OrderBy(o => o.Ordinal)
            .ToListAsync(cancellationToken);
        foreach (var output in outputs)
            _outputs.Enqueue(output.Content);
        if (outputs.Count > 0)
            _last = outputs[^1].Ordinal;
        if (hasEnded)
            End = await db.LiveRequests.AsNoTracking().SingleAsync(r => r.Id == Id, cancellationToken);
    }
}
