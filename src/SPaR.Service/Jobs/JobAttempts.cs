using System.Collections.Immutable;

namespace SPaR.Service.Jobs;

/// <summary>Notes attempts at jobs, so that a job that kills its process is recognised by whoever takes it next. All times are the
/// database's.</summary>
/// <remarks>Nothing here says for good that a worker is dead: one that was only frozen, or had lost its database, checks in again and then
/// counts as running.</remarks>
internal sealed class JobAttempts(IDbContextFactory<SparDb> databases, JobOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private ImmutableHashSet<string> _running = [], _ended = [];
    private bool _hasSuspect;
    private bool _isStopping;

    /// <returns>The deaths since the subject last came further; older ones are forgotten.</returns>
    public async Task<JobDeaths> DeathsAsync(JobRequest job, long progress, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        // Read as a list: a statement that deletes cannot be part of another.
        return (await db.Database.SqlQuery<JobDeaths>(
            $"""
            WITH attempts AS (
                SELECT died_at, last_words, progress, id, coalesce(died_at, seen_at) AS seen,
                    died_at IS NOT NULL OR seen_at < now() - {options.DeadAfter} AS is_dead
                FROM spar.job_attempts WHERE kind = {job.Kind} AND key = {job.Key}),
            forgotten AS (
                DELETE FROM spar.job_attempts WHERE id IN (SELECT id FROM attempts WHERE is_dead AND progress < {progress}))
            SELECT (count(*) FILTER (WHERE is_dead AND progress >= {progress}))::int AS count,
                (count(*) FILTER (WHERE NOT is_dead))::int AS running,
                now() - max(seen) FILTER (WHERE is_dead AND progress >= {progress}) AS since_last,
                (array_agg(last_words ORDER BY seen DESC) FILTER (WHERE last_words IS NOT NULL AND progress >= {progress}))[1] AS last_words
            FROM attempts
            """).ToListAsync(cancellationToken))[0];
    }

    /// <summary>Notes that an attempt begins.</summary>
    /// <returns>Null where the job must wait: this worker stops, or has another suspect already, which would share its fate.</returns>
    public async Task<Attempt?> TryBeginAsync(JobRequest job, long progress, bool isSuspect, CancellationToken cancellationToken)
    {
        var id = Ids.New("att", time);
        lock (_lock)
        {
            if (_isStopping || (isSuspect && _hasSuspect))
                return null;
            _hasSuspect |= isSuspect;
            _running = _running.Add(id);
        }

        var attempt = new Attempt(this, id, isSuspect);
        try
        {
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO spar.job_attempts (id, kind, key, progress, seen_at)
                VALUES ({id}, {job.Kind}, {job.Key}, {progress}, now())
                """, cancellationToken);
            return attempt;
        }
        catch
        {
            await attempt.DisposeAsync();
            throw;
        }
    }

    /// <summary>Forgets all attempts at a job, so that a retry starts without its past.</summary>
    public async Task ForgetAsync(JobRequest job, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.JobAttempts.Where(a => a.Kind == job.Kind && a.Key == job.Key).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Says that this worker lives, and deletes the attempts whose end the database could not take.</summary>
    public async Task CheckInAsync(CancellationToken cancellationToken)
    {
        if (_running is { IsEmpty: false } running)
        {
            var ids = running.ToArray();
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            await db.Database.ExecuteSqlAsync(
                $"UPDATE spar.job_attempts SET seen_at = now() WHERE id = ANY({ids})", cancellationToken);
        }

        await DeleteEndedAsync(cancellationToken);
    }

    /// <summary>Ends all attempts, as the worker stops: what it leaves unfinished has not killed it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _isStopping = true;
            _ended = _ended.Union(_running);
            _running = [];
        }

        await DeleteEndedAsync(cancellationToken);
    }

    private async Task EndAsync(string id, bool isSuspect, bool hasDied)
    {
        lock (_lock)
        {
            // The services of a worker that stops may be gone.
            if (_isStopping)
                return;
            _running = _running.Remove(id);
            _ended = hasDied ? _ended : _ended.Add(id);
            _hasSuspect &= !isSuspect;
        }

        try
        {
            await DeleteEndedAsync(CancellationToken.None);
        }
        catch (Exception error) when (error.IsDatabaseError())
        {
            // The next check-in deletes it.
        }
    }

    private async Task DeleteEndedAsync(CancellationToken cancellationToken)
    {
        if (_ended is not { IsEmpty: false } ended)
            return;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.JobAttempts.Where(a => ended.Contains(a.Id)).ExecuteDeleteAsync(cancellationToken);
        lock (_lock)
            _ended = _ended.Except(ended);
    }

    private async Task DieAsync(string id, string lastWords)
    {
        await using var db = await databases.CreateDbContextAsync(CancellationToken.None);
        await db.Database.ExecuteSqlAsync(
            $"UPDATE spar.job_attempts SET died_at = now(), last_words = {lastWords} WHERE id = {id}", CancellationToken.None);
    }

    /// <summary>Disposing it notes that the attempt has ended.</summary>
    public sealed class Attempt(JobAttempts attempts, string id, bool isSuspect) : IAsyncDisposable
    {
        private bool _hasDied;

        /// <summary>Notes that the process of a model died over the job.</summary>
        public async Task DieAsync(string lastWords)
        {
            await attempts.DieAsync(id, lastWords);
            _hasDied = true;
        }

        public async ValueTask DisposeAsync() => await attempts.EndAsync(id, isSuspect, _hasDied);
    }
}
