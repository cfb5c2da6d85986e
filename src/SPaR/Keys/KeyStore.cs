using Microsoft.EntityFrameworkCore;
using SPaR.Http;
using SPaR.Storage;

namespace SPaR.Keys;

/// <summary>The keys and sessions in the database. Every request reads its key anew: what is revoked is refused from the next request
/// on, by every process.</summary>
internal sealed class KeyStore(IDbContextFactory<SparDb> databases, TimeProvider time)
{
    private static readonly TimeSpan SessionLength = TimeSpan.FromHours(12), LastUseStep = TimeSpan.FromMinutes(1);

    /// <param name="digits">Of its id.</param>
    public async Task<ApiKey?> FindAsync(string digits, CancellationToken stop)
    {
        await using var db = await databases.CreateDbContextAsync(stop);
        return await db.ApiKeys.AsNoTracking().FirstOrDefaultAsync(k => k.Id == "key_" + digits, stop);
    }

    /// <returns>A session that has not ended, with its key.</returns>
    public async Task<(KeySession Session, ApiKey Key)?> FindSessionAsync(string digits, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(stop);
        var found = await db.KeySessions.AsNoTracking().Where(s => s.Id == "ses_" + digits && s.ExpiresAt > now)
            .Join(db.ApiKeys, s => s.KeyId, k => k.Id, (session, key) => new { session, key }).FirstOrDefaultAsync(stop);
        return found is null ? null : (found.session, found.key);
    }

    /// <param name="audit">What is to be noted of it, stored in the same transaction; null where a request is noted anyway.</param>
    /// <returns>The key, and its text, which nobody can read again.</returns>
    public async Task<(ApiKey Key, string Text)> CreateAsync(NewKey asked, Func<ApiKey, AuditEntry>? audit, CancellationToken stop)
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
        await using var db = await databases.CreateDbContextAsync(stop);
        db.ApiKeys.Add(key);
        if (audit is not null)
            db.AuditLog.Add(audit(key));
        await db.SaveChangesAsync(stop);
        return (key, text);
    }

    /// <summary>Ends a key for good, and the logins with it; one that is revoked already stays as it is.</summary>
    /// <param name="audit">As for <see cref="CreateAsync"/>.</param>
    /// <returns>Null where there is no such key.</returns>
    public async Task<ApiKey?> RevokeAsync(string id, Func<ApiKey, AuditEntry>? audit, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        await db.ApiKeys.Where(k => k.Id == id && k.RevokedAt == null).ExecuteUpdateAsync(k => k.SetProperty(x => x.RevokedAt, now), stop);
        await db.KeySessions.Where(s => s.KeyId == id).ExecuteDeleteAsync(stop);
        var key = await db.ApiKeys.AsNoTracking().FirstOrDefaultAsync(k => k.Id == id, stop);
        if (audit is not null && key is not null)
            db.AuditLog.Add(audit(key));
        await db.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
        return key;
    }

    public async Task<IReadOnlyList<ApiKey>> ListAsync(PageQuery page, CancellationToken stop)
    {
        await using var db = await databases.CreateDbContextAsync(stop);
        return await db.ApiKeys.AsNoTracking().Where(k => page.After == null || string.Compare(k.Id, page.After) < 0)
            .OrderByDescending(k => k.Id).Take(page.Take).ToListAsync(stop);
    }

    public async Task<bool> AnyLiveAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(stop);
        return await db.ApiKeys.AnyAsync(k => k.RevokedAt == null && (k.ExpiresAt == null || k.ExpiresAt > now), stop);
    }

    /// <summary>Notes that a key was used, once a minute. Where another request is just noting it, this one goes on without
    /// waiting.</summary>
    public async Task NoteUseAsync(ApiKey key, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        if (key.LastUsedAt is { } last && now - last < LastUseStep)
            return;
        await using var db = await databases.CreateDbContextAsync(stop);
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.api_keys SET last_used_at = {now} WHERE id IN (
                SELECT id FROM spar.api_keys WHERE id = {key.Id} AND (last_used_at IS NULL OR last_used_at <= {now - LastUseStep})
                FOR NO KEY UPDATE SKIP LOCKED)
            """, stop);
    }

    /// <summary>Lets somebody in for half a day, or until the key ends.</summary>
    /// <returns>What goes into the cookie.</returns>
    public async Task<string> LogInAsync(ApiKey key, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var id = Ids.New("ses", time);
        var (text, parts) = KeyText.New(id);
        await using var db = await databases.CreateDbContextAsync(stop);
        await db.KeySessions.Where(s => s.ExpiresAt <= now).ExecuteDeleteAsync(stop);
        var end = key.ExpiresAt is { } expires && expires < now + SessionLength ? expires : now + SessionLength;
        db.KeySessions.Add(new() { Id = id, KeyId = key.Id, Hash = parts.Hash, CreatedAt = now, ExpiresAt = end });
        await db.SaveChangesAsync(stop);
        return text;
    }

    public async Task LogOutAsync(KeySession session, CancellationToken stop)
    {
        await using var db = await databases.CreateDbContextAsync(stop);
        await db.KeySessions.Where(s => s.Id == session.Id).ExecuteDeleteAsync(stop);
    }
}
