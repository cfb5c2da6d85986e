namespace SPaR.Service.Keys;

/// <summary>Deletes audit entries older than <see cref="KeysOptions.AuditDays"/>.</summary>
internal sealed class AuditSweep(AuditStore store, IOptions<KeysOptions> options, TimeProvider time, ILogger<AuditSweep> logger)
    : HourlySweep(time, logger)
{
    protected override TimeSpan Kept => TimeSpan.FromDays(options.Value.AuditDays);

    protected override Task DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken) =>
        store.DeleteBeforeAsync(time, cancellationToken);
}
