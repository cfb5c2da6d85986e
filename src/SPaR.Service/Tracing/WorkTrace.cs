using System.Diagnostics;

namespace SPaR.Service.Tracing;

/// <summary>Carries the trace of a request to the worker that does what it asked for: rows keep it as W3C's traceparent.</summary>
internal static class WorkTrace
{
    private static readonly ActivitySource Source = new("SPaR.Service");

    /// <summary>What a row keeps: the current span, if it is recorded.</summary>
    public static string? Current => Activity.Current is { Recorded: true, Id: var id } ? id : null;

    /// <param name="stored">Null where nothing was recorded.</param>
    public static ActivityContext Of(string? stored) =>
        ActivityContext.TryParse(stored, null, isRemote: true, out var context) ? context : default;

    /// <summary>Starts a span in the trace of the request that waits for it.</summary>
    public static Activity? Continue(string name, string? stored) => Source.StartActivity(name, ActivityKind.Internal, Of(stored));

    /// <summary>Starts a trace of its own, with a link to the request that asked for it.</summary>
    public static Activity? Begin(string name, string? stored, params IEnumerable<KeyValuePair<string, object?>> tags) =>
        Source.StartActivity(
            ActivityKind.Internal, default(ActivityContext), tags, Of(stored) is var origin && origin != default ? [new(origin)] : null,
            name: name);
}
