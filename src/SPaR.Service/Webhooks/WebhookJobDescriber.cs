using SPaR.Service.Jobs;

namespace SPaR.Service.Webhooks;

/// <summary>Describes a webhook's job by its address.</summary>
internal sealed class WebhookJobDescriber(IDbContextFactory<SparDb> databases) : IJobDescriber
{
    public string Kind => JobKinds.Webhook;

    public async Task<JobDescription?> DescribeAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Webhooks.Where(w => w.Id == key).Select(w => w.Url).SingleOrDefaultAsync(cancellationToken) is { } url
            ? new(key, $"to {url}", null, null, $"/v1/webhooks/{key}")
            : null;
    }
}
