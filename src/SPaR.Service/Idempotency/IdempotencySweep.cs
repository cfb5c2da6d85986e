namespace SPaR.Service.Idempotency;

/// <summary>Deletes requests older than <see cref="IdempotencyOptions.KeepHours"/>.</summary>
internal sealed class IdempotencySweep(
    StoredRequests requests, IOptions<IdempotencyOptions> options, TimeProvider time, ILogger<IdempotencySweep> logger)
    : HourlySweep(time, logger)
{
    protected override TimeSpan Kept => options.Value.Kept;

    protected override Task DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken) =>
        requests.DeleteBeforeAsync(time, cancellationToken);
}
