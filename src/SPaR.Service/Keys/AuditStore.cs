using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>The audit log in the database. An entry is stored before its change starts; the status is added afterwards.</summary>
internal sealed class AuditStore(IDbContextFactory<SparDb> databases)
{
    public async Task AddAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        db.AuditLog.Add(entry);
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <param name="grant">Fills in the key if it was not known before.</param>
    public async Task FinishAsync(string id, KeyGrant? grant, int status, string? created, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.audit_log SET status = {status}, created = {created}, key_id = coalesce(key_id, {grant?.Id}),
                key_name = coalesce(key_name, {grant?.Name}) WHERE id = {id}
            """, cancellationToken);
    }

    public async Task<IReadOnlyList<AuditEntry>> ListAsync(PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.AuditLog.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
    }

    public async Task<int> DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.AuditLog.Where(e => e.At < time).ExecuteDeleteAsync(cancellationToken);
    }
}
