namespace SPaR.Service.Events;

/// <summary>What was last read of a subject.</summary>
/// <param name="Progress">Null when the subject no longer exists.</param>
/// <param name="Since">The events are all after this id.</param>
/// <param name="Newest">The id of the newest event.</param>
internal sealed record ProgressSnapshot(Progress? Progress, long Since, long Newest, IReadOnlyList<StoredEvent> Events);

/// <summary>Reads a subject's progress and events for all streams of it, every second and whenever it changes, until it is stopped, the
/// subject has ended, or the database fails; then the streams break, and their clients reconnect.</summary>
internal sealed class ProgressReader : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string _subject;
    private readonly Func<SparDb, CancellationToken, Task<Progress?>> _read;
    private readonly IDbContextFactory<SparDb> _databases;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private volatile TaskCompletionSource _changed = NewSource();
    private volatile ProgressSnapshot? _latest;

    public ProgressReader(
        string subject, Func<SparDb, CancellationToken, Task<Progress?>> read, IDbContextFactory<SparDb> databases, RunSignals signals,
        TimeProvider time)
    {
        (_subject, _read, _databases, _stopped) = (subject, read, databases, _stop.Token);
        _ = Task.Run(() => RunAsync(signals, new Wake(time)), CancellationToken.None);
    }

    /// <summary>How many streams use it; guarded by their lock.</summary>
    public int Streams { get; set; }

    /// <summary>Null before the first read.</summary>
    public ProgressSnapshot? Latest => _latest;

    /// <summary>Completes when there is a later <see cref="Latest"/>, and fails with what ended the reader.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Whether it will read nothing more.</summary>
    public bool IsOver => _latest is { Progress: null or { HasEnded: true } } || Changed.IsFaulted;

    /// <summary>Ends the reading; a read that has begun is cancelled.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync(RunSignals signals, Wake wake)
    {
        using var heard = signals.Subscribe(id =>
        {
            if (id == _subject)
                wake.Now();
        });
        try
        {
            while (true)
            {
                _latest = await ReadAsync(_stopped);
                var changed = _changed;
                if (!IsOver)
                    _changed = NewSource();
                changed.SetResult();
                if (IsOver)
                    return;
                await wake.WaitAsync(Interval, _stopped);
            }
        }
        // Not swallowed: thrown in every stream.
        catch (Exception error)
        {
            _changed.TrySetException(error);
        }
    }

    private async Task<ProgressSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = await _databases.CreateDbContextAsync(cancellationToken);
        // The progress first: once it has ended, every event was stored before.
        var progress = await _read(db, cancellationToken);
        var newest = await EventLog.NewestAsync(db, _subject, cancellationToken);
        var since = _latest?.Newest ?? newest;
        return new(
            progress, since, newest,
            newest > since ? await EventLog.ReadAsync(db, _subject, since, newest, cancellationToken) : []);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
