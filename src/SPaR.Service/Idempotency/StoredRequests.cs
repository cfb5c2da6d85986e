namespace SPaR.Service.Idempotency;

/// <summary>Statements over requests that may be sent again. A row that is older than it is kept counts as none.</summary>
internal sealed class StoredRequests(IDbContextFactory<SparDb> databases, IOptions<IdempotencyOptions> options, TimeProvider time)
{
    public async Task<StoredRequest?> FindAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        var oldest = time.GetUtcNow() - options.Value.Kept;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.StoredRequests.AsNoTracking().FirstOrDefaultAsync(
            r => r.Caller == request.Caller && r.KeyHash == request.KeyHash && r.CreatedAt > oldest, cancellationToken);
    }

    /// <summary>Adds the row, in the transaction of <paramref name="db"/>. Waits for a transaction of another process that adds the
    /// same.</summary>
    /// <param name="kept">How long a row counts.</param>
    /// <exception cref="RequestRepeatedException">There is one already.</exception>
    public static async Task AddAsync(
        DbContext db, IdempotentRequest request, KeptAnswer? answer, DateTimeOffset now, TimeSpan kept, CancellationToken cancellationToken)
    {
        var hash = await request.HashAsync(cancellationToken);
        var added = await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.idempotent_requests AS old (caller, key_hash, request_hash, resource, answer, created_at)
            VALUES ({request.Caller}, {request.KeyHash}, {hash}, {request.Resource}, {answer?.Seal(request.Key)}, {now})
            ON CONFLICT (caller, key_hash) DO UPDATE SET request_hash = excluded.request_hash, resource = excluded.resource,
                answer = excluded.answer, created_at = excluded.created_at
            WHERE old.created_at <= {now - kept}
            """, cancellationToken);
        if (added == 0)
            throw new RequestRepeatedException();
    }

    /// <summary>Keeps the answer of a request that changed nothing, unless there is one.</summary>
    public async Task KeepAsync(IdempotentRequest request, KeptAnswer answer, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await AddAsync(db, request, answer, time.GetUtcNow(), options.Value.Kept, cancellationToken);
    }

    /// <summary>Adds the answer to the row of a request; the first one stays.</summary>
    public async Task CompleteAsync(IdempotentRequest request, KeptAnswer answer, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.idempotent_requests SET answer = {answer.Seal(request.Key)}
            WHERE caller = {request.Caller} AND key_hash = {request.KeyHash} AND answer IS NULL
            """, cancellationToken);
    }

    public async Task DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.StoredRequests.Where(r => r.CreatedAt <= time).ExecuteDeleteAsync(cancellationToken);
    }
}
