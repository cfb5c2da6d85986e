using Microsoft.EntityFrameworkCore;
using SPaR.Service.Http;
using SPaR.Service.Storage;

namespace SPaR.Service.Keys;

/// <summary>The keys and sessions in the database. Every request reads its key anew: what is revoked is refused from the next request
/// on, by every process.</summary>
internal sealed class KeyStore(IDbContextFactory<SparDb> databases, TimeProvider time)
{
    private static readonly TimeSpan SessionLength = TimeSpan.FromHours(12), LastUseStep = TimeSpan.FromMinutes(1);

    /// <param name="digits">Of its id.</param>
    public async Task<ApiKey?> FindAsync(string digits, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.ApiKeys.AsNoTracking().FirstOrDefaultAsync(k => k.Id == "key_" + digits, cancellationToken);
    }

    /// <returns>A session that has not ended, with its key.</returns>
    public async Task<(KeySession Session, ApiKey Key)?> FindSessionAsync(string digits, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await db.KeySessions.AsNoTracking().Where(s => s.Id == "ses_" + digits && s.ExpiresAt > now)
            .Join(db.ApiKeys, s => s.KeyId, k => k.Id, (session, key) => new { session, key }).FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : (found.session, found.key);
    }

    /// <param name="audit">What is to be noted of it, stored in the same transaction; null where a request is noted anyway.</param>
    /// <returns>The key, and its text, which nobody can read again.</returns>
    public async Task<(ApiKey Key, string Text)> CreateAsync(
        NewKey asked,
        Func<ApiKey, AuditEntry>? audit,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Ids.New("key", time);
        var (text, parts) = KeyText.New(id);
        var key = new ApiKey
        {
            Id = id,
            Name = asked.Name,
            Scope = asked.Scope,
            Hash = parts.Hash,
            RequestsPerMinute = asked.RequestsPerMinute,
            MaxBodyBytes = asked.MaxBodyBytes,
            CreatedAt = now,
            ExpiresAt = now + asked.Lasts,
        };
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        db.ApiKeys.Add(key);
        if (audit is not null)
            db.AuditLog.Add(audit(key));
        await db.SaveChangesAsync(cancellationToken);
        return (key, text);
    }

    /// <summary>Ends a key for good, and the logins with it; one that is revoked already stays as it is.</summary>
    /// <param name="audit">As for <see cref="CreateAsync"/>.</param>
    /// <returns>Null where there is no such key.</returns>
    public async Task<ApiKey?> RevokeAsync(string id, Func<ApiKey, AuditEntry>? audit, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
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
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.ApiKeys.AsNoTracking().Where(k => page.After == null || string.Compare(k.Id, page.After) < 0)
            .OrderByDescending(k => k.Id).Take(page.Take).ToListAsync(cancellationToken);
    }

    public async Task<bool> AnyLiveAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.ApiKeys.AnyAsync(k => k.RevokedAt == null && (k.ExpiresAt == null || k.ExpiresAt > now), cancellationToken);
    }

    /// <summary>Notes that a key was used, once a minute. Where another request is just noting it, this one goes on without
    /// waiting.</summary>
    public async Task NoteUseAsync(ApiKey key, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (key.LastUsedAt is { } last && now - last < LastUseStep)
            return;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.api_keys SET last_used_at = {now} WHERE id IN (
                SELECT id FROM spar.api_keys WHERE id = {key.Id} AND (last_used_at IS NULL OR last_used_at <= {now - LastUseStep})
                FOR NO KEY UPDATE SKIP LOCKED)
            """, cancellationToken);
    }

    /// <summary>Lets somebody in for half a day, or until the key ends.</summary>
    /// <returns>What goes into the cookie.</returns>
    public async Task<string> LogInAsync(ApiKey key, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Ids.New("ses", time);
        var (text, parts) = KeyText.New(id);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.KeySessions.Where(s => s.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        var end = key.ExpiresAt is { } expires && expires < now + SessionLength ? expires : now + SessionLength;
        db.KeySessions.Add(new() { Id = id, KeyId = key.Id, Hash = parts.Hash, CreatedAt = now, ExpiresAt = end });
        await db.SaveChangesAsync(cancellationToken);
        return text;
    }

    public async Task LogOutAsync(KeySession session, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.KeySessions.Where(s => s.Id == session.Id).ExecuteDeleteAsync(cancellationToken);
    }
}
