namespace SPaR.Service.Jobs;

/// <summary>The jobs that were given up, by kind and key. Hangfire's own list of failed jobs has no keys, so a later success of the
/// key would not clear it.</summary>
internal sealed class JobFailures(IDbContextFactory<SparDb> databases, TimeProvider time)
{
    public async Task<IReadOnlyList<FailedJob>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.FailedJobs.AsNoTracking().OrderBy(j => j.Kind).ThenBy(j => j.Key).ToListAsync(cancellationToken);
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
