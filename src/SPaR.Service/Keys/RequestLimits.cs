using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>Rate limits: each key has a token bucket of one minute's requests that refills evenly. Requests without a valid key share one
/// per address.</summary>
internal static class RequestLimits
{
    public static void Configure(RateLimiterOptions options)
    {
        options.AddPolicy<string, StreamLimits>(StreamLimits.Policy);
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(BucketOf);
        options.OnRejected = async (rejected, _) => await Refusal(rejected).WriteAsync(rejected.HttpContext);
    }

    private static RateLimitPartition<string> BucketOf(HttpContext http) => KeyGrant.Of(http) switch
    {
        null => Bucket($"from {RemoteAddress.Of(http)}", UnknownPerMinute(http)),
        { Id: null } => RateLimitPartition.GetNoLimiter("open"),
        { } grant => Bucket(grant.Id, grant.RequestsPerMinute),
    };

    private static RateLimitPartition<string> Bucket(string owner, int perMinute) => RateLimitPartition.GetTokenBucketLimiter(
        owner, _ => new()
        {
            TokenLimit = perMinute,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
            QueueLimit = 0,
        });

    private static int UnknownPerMinute(HttpContext http) =>
        http.RequestServices.GetRequiredService<IOptions<KeysOptions>>().Value.UnknownPerMinute;

    private static Problem Refusal(OnRejectedContext rejected)
    {
        rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait);
        return KeyGrant.Of(rejected.HttpContext) is { } grant
            ? KeyProblems.TooManyRequests(wait, grant.RequestsPerMinute)
            : KeyProblems.TooManyUnknown(wait, UnknownPerMinute(rejected.HttpContext));
    }
}
