using System.Net;
using Npgsql;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Webhooks;

/// <summary>Sends a webhook what is due, and asks to be run again when the next attempt is. A failed attempt is no failed job: it has a
/// schedule of its own. A worker that dies between sending and storing sends the event again, with the same id.</summary>
internal sealed class WebhookJob(
    IDbContextFactory<SparDb> databases, NpgsqlDataSource source, WebhookSender sender, IJobQueue queue) : IJobHandler
{
    private static readonly TimeSpan UntilFree = TimeSpan.FromSeconds(1);

    public string Kind => JobKinds.Webhook;

    public async Task<JobProgress?> ProgressAsync(string key, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Webhooks.AnyAsync(w => w.Id == key && w.Disabled == null, cancellationToken)
            ? new(await db.WebhookDeliveries.Where(d => d.WebhookId == key).SumAsync(d => d.Attempts, cancellationToken))
            : null;
    }

    public async Task FailAsync(string key, string code, string message, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await WebhookStore.DisableAsync(db, key, $"{code}: {message}", cancellationToken);
    }

    public async Task RunAsync(JobRequest request, CancellationToken cancellationToken)
    {
        // A job that is queued while another sends would send the same events.
        await using var held = await WorkLock.TryTakeAsync(source, request.Key, cancellationToken);
        if (held is null)
        {
            await queue.EnqueueAsync(request with { Delay = UntilFree }, cancellationToken);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, held.Lost);
        await SendAsync(request.Key, stop.Token);
    }

    private async Task SendAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await db.Webhooks.AsNoTracking().SingleOrDefaultAsync(w => w.Id == id, cancellationToken) is not { } webhook)
            return;
        while (await WebhookStore.NextAsync(db, webhook.Id, cancellationToken) is { Count: > 0 } events)
            foreach (var happened in events)
            {
                var result = await sender.SendAsync(webhook, happened, cancellationToken);
                await WebhookStore.RecordAsync(db, webhook.Id, happened, result, cancellationToken);
                if (result.Status is not HttpStatusCode.Gone)
                    continue;
                await WebhookStore.DisableAsync(db, webhook.Id, "The receiver answered 410: it wants no more events.", cancellationToken);
                return;
            }

        if (await WebhookStore.AdvanceAsync(db, webhook.Id, cancellationToken) is { } seconds)
            await queue.EnqueueAsync(JobRequest.Webhook(webhook.Id) with { Delay = TimeSpan.FromSeconds(seconds) }, cancellationToken);
    }
}
