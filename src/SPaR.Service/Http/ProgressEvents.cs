using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace SPaR.Service.Http;

/// <summary>Streams the progress of a run, training or evaluation as server-sent events: its state at once, and again after every change,
/// until it ends.</summary>
internal static class ProgressEvents
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <param name="read">Returns null when the subject no longer exists.</param>
    /// <param name="state">An event is sent when it differs from the last one.</param>
    /// <param name="lastEventId">The last id that the client has seen; ids continue from there.</param>
    public static async IAsyncEnumerable<SseItem<T>> StreamAsync<T>(
        Func<CancellationToken, Task<T?>> read, Func<T, string> state, Func<T, bool> hasEnded, string? lastEventId, TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        _ = long.TryParse(lastEventId, CultureInfo.InvariantCulture, out var last);
        var sent = "";
        while (await read(cancellationToken) is { } view)
        {
            var now = state(view);
            if (now != sent)
                yield return new(view, "progress") { EventId = (++last).ToString(CultureInfo.InvariantCulture) };
            if (hasEnded(view))
                yield break;
            sent = now;
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }
}
