using SPaR.Service.Events;

namespace SPaR.Service.Webhooks;

/// <summary>Deletes deliveries that have ended and are older than events are kept (<see cref="EventsOptions.KeepDays"/>).</summary>
internal sealed class DeliverySweep(
    IDbContextFactory<SparDb> databases, IOptions<EventsOptions> options, TimeProvider time, ILogger<DeliverySweep> logger)
    : HourlySweep(time, logger)
{
    protected override TimeSpan Kept => TimeSpan.FromDays(options.Value.KeepDays);

    protected override async Task DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.WebhookDeliveries.Where(d => d.UpdatedAt < time && d.DueAt == null).ExecuteDeleteAsync(cancellationToken);
    }
}
