using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace SPaR.Service.Events;

/// <summary>What a stream shows of its subject besides the events.</summary>
/// <param name="View">The whole subject, as its own address shows it.</param>
/// <param name="State">The view is sent again when this differs from what was sent last.</param>
/// <param name="HasEnded">The stream ends with this view.</param>
internal sealed record Progress(object View, string State, bool HasEnded);

/// <summary>Streams a subject's events and its progress as server-sent events. Streams of the same subject share one
/// <see cref="ProgressReader"/>, so that a thousand of them cost the database no more than one.</summary>
internal sealed class ProgressStreams(
    IDbContextFactory<SparDb> databases, RunSignals signals, TimeProvider time, IOptions<EventsOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ProgressReader> _readers = [];

    /// <summary>Each event with its id, in order and none left out; and the progress, without an id, at once, after every change and when
    /// nothing else was sent for a while, until the subject ends.</summary>
    /// <param name="read">Reads the progress; null when the subject no longer exists.</param>
    /// <param name="lastEventId">Events after this one are sent; without it, those from now on.</param>
    public async IAsyncEnumerable<SseItem<object>> ReadAsync(
        string subject, Func<SparDb, CancellationToken, Task<Progress?>> read, string? lastEventId,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = Open(subject, read);
        try
        {
            long? last = long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) ? seen : null;
            var (sent, sentAt) = ("", time.GetTimestamp());
            while (true)
            {
                // In this order: a change after it is not missed.
                var changed = reader.Changed;
                if (reader.Latest is { } now)
                {
                    last ??= now.Newest;
                    await foreach (var item in EventsAsync(subject, now, last.Value, cancellationToken))
                    {
                        (last, sentAt) = (item.Id, time.GetTimestamp());
                        yield return new(EventView.Of(item), item.Type) { EventId = item.Id.ToString(CultureInfo.InvariantCulture) };
                    }

                    if (now.Progress is not { } progress)
                        yield break;
                    if (progress.State != sent || time.GetElapsedTime(sentAt).TotalSeconds >= options.Value.HeartbeatSeconds)
                    {
                        (sent, sentAt) = (progress.State, time.GetTimestamp());
                        yield return new(progress.View, "progress");
                    }

                    if (progress.HasEnded)
                        yield break;
                }

                await changed.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            Close(subject, reader);
        }
    }

    /// <returns>The events after this one, up to the newest of the snapshot.</returns>
    private async IAsyncEnumerable<StoredEvent> EventsAsync(
        string subject, ProgressSnapshot now, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (after < now.Since)
        {
            // The stream was slow, or has just begun.
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            foreach (var item in await EventLog.ReadAsync(db, subject, after, now.Since, cancellationToken))
                yield return item;
        }

        foreach (var item in now.Events.Where(e => e.Id > after))
            yield return item;
    }

    private ProgressReader Open(string subject, Func<SparDb, CancellationToken, Task<Progress?>> read)
    {
        lock (_lock)
        {
            if (!_readers.TryGetValue(subject, out var reader) || reader.IsOver)
                _readers[subject] = reader = new(subject, read, databases, signals, time);
            reader.Streams++;
            return reader;
        }
    }

    private void Close(string subject, ProgressReader reader)
    {
        lock (_lock)
        {
            if (--reader.Streams > 0)
                return;
            reader.Dispose();
            if (_readers.GetValueOrDefault(subject) == reader)
                _readers.Remove(subject);
        }
    }
}
