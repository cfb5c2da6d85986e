using SPaR.Service.Events;
using SPaR.Service.Jobs;
using SPaR.Service.Lifecycle;

namespace SPaR.Service.Webhooks;

/// <summary>Finds webhooks with something to send, at once when something happens, and enqueues a job for each.</summary>
internal sealed class WebhookScan(
    IDbContextFactory<SparDb> databases, IJobQueue queue, RunSignals signals, TimeProvider time, ILogger<WebhookScan> logger)
    : OrphanScan(time, logger)
{
    private readonly Wake _wake = new(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = signals.Subscribe(_ => _wake.Now());
        await base.ExecuteAsync(stoppingToken);
    }

    protected override Task PauseAsync(TimeSpan atMost, CancellationToken cancellationToken) => _wake.WaitAsync(atMost, cancellationToken);

    protected override async Task ScanAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var due = await WebhookStore.DueAsync(db, cancellationToken);
        foreach (var webhook in due)
            await queue.EnqueueAsync(JobRequest.Webhook(webhook), cancellationToken);
        await WebhookStore.SkipAsync(db, due, cancellationToken);
    }
}
