namespace SPaR.Service.Events;

/// <summary>Deletes events older than <see cref="EventsOptions.KeepDays"/>.</summary>
internal sealed class EventSweep(
    IDbContextFactory<SparDb> databases, IOptions<EventsOptions> options, TimeProvider time, ILogger<EventSweep> logger)
    : HourlySweep(time, logger)
{
    protected override TimeSpan Kept => TimeSpan.FromDays(options.Value.KeepDays);

    protected override async Task DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.Events.Where(e => e.CreatedAt < time).ExecuteDeleteAsync(cancellationToken);
    }
}
