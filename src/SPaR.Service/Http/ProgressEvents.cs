using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace SPaR.Service.Http;

/// <summary>The progress of something as server-sent events: the whole of it at once, and again whenever it has changed, until it
/// ends.</summary>
internal static class ProgressEvents
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <param name="read">Null where it is gone.</param>
    /// <param name="state">Differs where something worth telling has changed.</param>
    /// <param name="lastEventId">The id that the client has seen last; ids grow by one from there.</param>
    public static async IAsyncEnumerable<SseItem<T>> Watch<T>(
        Func<CancellationToken, Task<T?>> read, Func<T, string> state, Func<T, bool> hasEnded, string? lastEventId, TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        _ = long.TryParse(lastEventId, CultureInfo.InvariantCulture, out var last);
        var before = "";
        while (await read(cancellationToken) is { } view)
        {
            var now = state(view);
            if (now != before)
                yield return new(view, "progress") { EventId = (++last).ToString(CultureInfo.InvariantCulture) };
            if (hasEnded(view))
                yield break;
            before = now;
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
