namespace SPaR.Service.Jobs;

/// <summary>Counts the jobs that need a person, for health checks and metrics. Names none of them: health checks have no key.</summary>
public sealed class JobHealth
{
    private readonly ReservedDatabase _databases;
    private readonly JobOptions _options;

    public JobHealth(ReservedDatabase databases, JobOptions options) => (_databases, _options) = (databases, options);

    public async Task<JobTrouble> CountAsync(CancellationToken cancellationToken)
    {
        await using var db = _databases.CreateDbContext();
        return await db.Database.SqlQuery<JobTrouble>(
            $"""
            SELECT (SELECT count(*)::int FROM spar.failed_jobs) AS given_up,
                (SELECT count(DISTINCT (kind, key))::int FROM spar.job_attempts
                    WHERE died_at IS NOT NULL OR seen_at < now() - {_options.DeadAfter}) AS suspects
            """).SingleAsync(cancellationToken);
    }
}

/// <param name="GivenUp">Jobs that were given up.</param>
/// <param name="Suspects">Jobs over which a process has died, and which are tried again.</param>
public sealed record JobTrouble(int GivenUp, int Suspects);
