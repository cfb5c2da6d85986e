namespace SPaR.Service.Jobs;

/// <summary>The jobs that were given up, by kind and key. A key is the id of one subject, so no two kinds share one. Hangfire's own list of failed jobs has no keys, so a later success of the
/// key would not clear it.</summary>
internal sealed class JobFailures(IDbContextFactory<SparDb> databases, TimeProvider time)
{
    /// <inheritdoc cref="IJobQueue.FailedAsync"/>
    public async Task<IReadOnlyList<FailedJob>> ListAsync(string? after, int take, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var jobs = db.FailedJobs.AsNoTracking();
        if (after is not null)
            jobs = jobs.Where(j => string.Compare(j.Key, after) < 0);
        return await jobs.OrderByDescending(j => j.Key).Take(take).ToListAsync(cancellationToken);
    }

    public async Task RecordAsync(JobRequest request, int attempts, string code, string error)
    {
        await using var db = await databases.CreateDbContextAsync();
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.failed_jobs (kind, key, attempts, code, error, failed_at)
            VALUES ({request.Kind}, {request.Key}, {attempts}, {code}, {error}, {time.GetUtcNow()})
            ON CONFLICT (kind, key) DO UPDATE
                SET attempts = excluded.attempts, code = excluded.code, error = excluded.error, failed_at = excluded.failed_at
            """);
    }

    public async Task ForgetAsync(JobRequest request, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.FailedJobs.Where(j => j.Kind == request.Kind && j.Key == request.Key).ExecuteDeleteAsync(cancellationToken);
    }
}
