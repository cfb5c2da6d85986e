using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>How many requests a key may send: a bucket of a minute's worth, which fills again evenly. Whoever shows no valid key shares
/// one with all such of the same address.</summary>
internal static class RequestLimits
{
    public static void Configure(RateLimiterOptions options)
    {
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(BucketOf);
        options.OnRejected = async (rejected, _) => await Refusal(rejected).WriteAsync(rejected.HttpContext);
    }

    private static RateLimitPartition<string> BucketOf(HttpContext http) => KeyGrant.Of(http) switch
    {
        null => Bucket($"from {RemoteAddress.Of(http)}", OfUnknown(http)),
        { Id: null } => RateLimitPartition.GetNoLimiter("open"),
        { } grant => Bucket(grant.Id, grant.RequestsPerMinute),
    };

    private static RateLimitPartition<string> Bucket(string whose, int perMinute) => RateLimitPartition.GetTokenBucketLimiter(
        whose, _ => new()
        {
            TokenLimit = perMinute,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
            QueueLimit = 0,
        });

    private static int OfUnknown(HttpContext http) =>
        http.RequestServices.GetRequiredService<IOptions<KeysOptions>>().Value.UnknownPerMinute;

    private static Problem Refusal(OnRejectedContext rejected)
    {
        rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait);
        return KeyGrant.Of(rejected.HttpContext) is { } grant
            ? KeyProblems.TooManyRequests(wait, grant.RequestsPerMinute)
            : KeyProblems.TooManyUnknown(wait, OfUnknown(rejected.HttpContext));
    }
}
