using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace SPaR.Service.Keys;

/// <summary>Limits how many uploads, downloads and event streams of a key are open: each takes memory and a socket for as long as its
/// client needs.</summary>
internal sealed class StreamLimits(IOptions<KeysOptions> options) : IRateLimiterPolicy<string>
{
    public const string Policy = "streams";

    public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected => async (rejected, _) =>
        await KeyProblems.TooManyStreams(options.Value.MaxStreams).WriteAsync(rejected.HttpContext);

    public RateLimitPartition<string> GetPartition(HttpContext httpContext) => KeyGrant.Of(httpContext) is { } grant
        ? RateLimitPartition.GetConcurrencyLimiter(
            grant.Id ?? "open", _ => new() { PermitLimit = options.Value.MaxStreams, QueueLimit = 0 })
        // It is refused for its missing key.
        : RateLimitPartition.GetNoLimiter("");
}

internal static class StreamLimitConventions
{
    /// <summary>For an endpoint that lasts as long as its client takes to send or to read.</summary>
    public static T LimitStreams<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.RequireRateLimiting(StreamLimits.Policy);
}
