using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Keys;

/// <summary>The keys and sessions in the database. Every request reads its key again, so a revoked key is refused from the next request
/// on, in every process.</summary>
internal sealed class KeyStore(ReservedDatabase databases, TimeProvider time)
{
    private static readonly TimeSpan SessionLength = TimeSpan.FromHours(12), LastUseStep = TimeSpan.FromMinutes(1);

    /// <param name="digits">The id without its prefix.</param>
    public async Task<ApiKey?> FindAsync(string digits, CancellationToken cancellationToken)
    {
        // Every request begins with this: a context of its own would take as long as all the rest of a small one.
        await using var command = databases.CreateCommand(
            """
            SELECT id, name, scope, hash, requests_per_minute, max_body_bytes, created_at, expires_at, revoked_at, last_used_at
            FROM spar.api_keys WHERE id = $1
            """);
        command.Parameters.Add(new() { Value = "key_" + digits });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new()
            {
                Id = row.GetString(0),
                Name = row.GetString(1),
                Scope = EnumName.Parse<Scope>(row.GetString(2)),
                Hash = row.GetFieldValue<byte[]>(3),
                RequestsPerMinute = row.GetFieldValue<int?>(4),
                MaxBodyBytes = row.GetFieldValue<long?>(5),
                CreatedAt = row.GetFieldValue<DateTimeOffset>(6),
                ExpiresAt = row.GetFieldValue<DateTimeOffset?>(7),
                RevokedAt = row.GetFieldValue<DateTimeOffset?>(8),
                LastUsedAt = row.GetFieldValue<DateTimeOffset?>(9),
            }
            : null;
    }

    /// <returns>A session that has not expired, with its key.</returns>
    public async Task<(KeySession Session, ApiKey Key)?> FindSessionAsync(string digits, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = databases.CreateDbContext();
        var found = await db.KeySessions.AsNoTracking().Where(s => s.Id == "ses_" + digits && s.ExpiresAt > now)
            .Join(db.ApiKeys, s => s.KeyId, k => k.Id, (session, key) => new { session, key }).FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : (found.session, found.key);
    }

    /// <returns>A key that is to be stored with <see cref="AddAsync"/>, and its text, which never is.</returns>
    public (ApiKey Key, string Text) New(NewKey request)
    {
        var now = time.GetUtcNow();
        var id = Ids.New("key", time);
        var (text, parts) = KeyText.New(id);
        var key = new ApiKey
        {
            Id = id,
            Name = request.Name,
            Scope = request.Scope,
            Hash = parts.Hash,
            RequestsPerMinute = request.RequestsPerMinute,
            MaxBodyBytes = request.MaxBodyBytes,
            CreatedAt = now,
            ExpiresAt = now + request.Lifetime,
        };
        return (key, text);
    }

    /// <summary>Stores a new key.</summary>
    /// <param name="audit">The audit entry, stored in the same transaction; null inside a request, which is recorded anyway.</param>
    public async Task AddAsync(ApiKey key, AuditEntry? audit, CancellationToken cancellationToken)
    {
        await using var db = databases.CreateDbContext();
        db.ApiKeys.Add(key);
        if (audit is not null)
            db.AuditLog.Add(audit);
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Revokes a key for good and ends its logins. A key that is already revoked keeps its time.</summary>
    /// <param name="audit">As for <see cref="AddAsync"/>.</param>
    /// <returns>Null if there is no such key.</returns>
    public async Task<ApiKey?> RevokeAsync(string id, Func<ApiKey, AuditEntry>? audit, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = databases.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.ApiKeys.Where(k => k.Id == id && k.RevokedAt == null)
            .ExecuteUpdateAsync(k => k.SetProperty(x => x.RevokedAt, now), cancellationToken);
        await db.KeySessions.Where(s => s.KeyId == id).ExecuteDeleteAsync(cancellationToken);
        var key = await db.ApiKeys.AsNoTracking().FirstOrDefaultAsync(k => k.Id == id, cancellationToken);
        if (audit is not null && key is not null)
            db.AuditLog.Add(audit(key));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return key;
    }

    public async Task<IReadOnlyList<ApiKey>> ListAsync(PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = databases.CreateDbContext();
        return await db.ApiKeys.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
    }

    public async Task<bool> AnyLiveAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = databases.CreateDbContext();
        return await db.ApiKeys.AnyAsync(k => k.RevokedAt == null && (k.ExpiresAt == null || k.ExpiresAt > now), cancellationToken);
    }

    /// <summary>Records that a key was used, at most once a minute. If another request is just recording it, this one does not
    /// wait.</summary>
    public async Task RecordUseAsync(ApiKey key, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (key.LastUsedAt is { } last && now - last < LastUseStep)
            return;
        await using var db = databases.CreateDbContext();
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.api_keys SET last_used_at = {now} WHERE id IN (
                SELECT id FROM spar.api_keys WHERE id = {key.Id} AND (last_used_at IS NULL OR last_used_at <= {now - LastUseStep})
                FOR NO KEY UPDATE SKIP LOCKED)
            """, cancellationToken);
    }

    /// <summary>Starts a session of half a day, or until the key expires.</summary>
    /// <returns>The cookie's value.</returns>
    public async Task<string> LogInAsync(ApiKey key, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Ids.New("ses", time);
        var (text, parts) = KeyText.New(id);
        await using var db = databases.CreateDbContext();
        await db.KeySessions.Where(s => s.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        var end = key.ExpiresAt is { } expires && expires < now + SessionLength ? expires : now + SessionLength;
        db.KeySessions.Add(new() { Id = id, KeyId = key.Id, Hash = parts.Hash, CreatedAt = now, ExpiresAt = end });
        await db.SaveChangesAsync(cancellationToken);
        return text;
    }

    public async Task LogOutAsync(KeySession session, CancellationToken cancellationToken)
    {
        await using var db = databases.CreateDbContext();
        await db.KeySessions.Where(s => s.Id == session.Id).ExecuteDeleteAsync(cancellationToken);
    }
}
