using System.Globalization;
using Npgsql;
using SPaR.Method;
using SPaR.Service.Events;
using SPaR.Service.Http;
using SPaR.Service.Lifecycle;
using SPaR.Service.Logging;

namespace SPaR.Service.Live;

/// <summary>The API's side of live requests: submits and cancels them, and keeps them open while their client waits.</summary>
internal sealed class LiveSubmission(
    IDbContextFactory<SparDb> databases, NpgsqlDataSource source, RunSignals signals, IOptions<LiveOptions> options, TimeProvider time,
    ILogger<LiveSubmission> logger)
{
    /// <summary>How long a request stays open after its API process was last heard of.</summary>
    public static readonly TimeSpan Watch = TimeSpan.FromSeconds(15);

    private const int RetrySeconds = 5;

    private static readonly TimeSpan WatchInterval = Watch / 5;

    private TimeSpan Wait => TimeSpan.FromSeconds(options.Value.WaitSeconds);

    /// <summary>Stores a request and wakes the workers.</summary>
    /// <returns>Its answer, or why there may be no more requests now.</returns>
    public async Task<(LiveAnswer? Answer, Problem? Refusal)> SubmitAsync(LiveRequest request, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        // Requests at the same moment may pass together.
        var open = await db.LiveRequests.CountAsync(
            r => r.Status == RunStatus.Queued || r.Status == RunStatus.Running, cancellationToken);
        if (open >= options.Value.MaxOpen)
            return (null, TooMany(open));
        // Before the request exists, so that no signal about it is missed.
        var answer = new LiveAnswer(request.Id, databases, this, signals, time);
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            db.LiveRequests.Add(request);
            await db.SaveChangesAsync(cancellationToken);
            // By the database's clock, like all that is compared with it.
            await db.Database.ExecuteSqlAsync(
                $"""
                UPDATE spar.live_requests SET created_at = now(), watched_until = now() + {Watch} WHERE id = {request.Id}
                RETURNING pg_notify({RunSignals.LiveRequests}, id)
                """, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return (answer, null);
        }
        catch
        {
            await answer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Cancels a request that has not ended, and wakes its worker.</summary>
    /// <returns>Whether it had not ended.</returns>
    public Task<bool> CancelAsync(string id, CancellationToken cancellationToken) => databases.InTransactionAsync(
        async db => (await db.Database.SqlQuery<string>(
            $"""
            UPDATE spar.live_requests SET status = 'cancelled', finished_at = now(), lease_owner = NULL, lease_until = NULL
            WHERE id = {id} AND status IN ('queued', 'running')
            RETURNING id AS "Value", pg_notify({RunSignals.LiveRequests}, {id}) AS requests,
                pg_notify({RunSignals.LiveOutputs}, {id}) AS outputs
            """).ToListAsync(cancellationToken)).Count > 0,
        cancellationToken);

    /// <summary>Keeps a request open until it is cancelled, unless no worker has taken it, or taken it over, in time: then it
    /// fails.</summary>
    /// <param name="watched">Called after each look.</param>
    public async Task WatchAsync(string id, Action watched, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Wait < WatchInterval ? Wait : WatchInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await LookAsync(id, cancellationToken);
                watched();
            }
            catch (Exception error) when (error.IsDatabaseError())
            {
                // The next look may come in time.
                logger.LiveWatchFailed(error, id);
            }
        }
    }

    private async Task LookAsync(string id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            WITH seen AS (
                SELECT id, coalesce(lease_until, created_at) < now() - $3 AS is_late FROM spar.live_requests
                WHERE id = $1 AND status IN ('queued', 'running') FOR UPDATE)
            UPDATE spar.live_requests r SET watched_until = now() + $2,
                status = CASE WHEN is_late THEN 'failed' ELSE r.status END,
                failure_code = CASE WHEN is_late THEN CASE r.status WHEN 'queued' THEN $4 ELSE $5 END END,
                failure_message = CASE WHEN is_late THEN CASE r.status WHEN 'queued' THEN $6 ELSE $7 END END,
                finished_at = CASE WHEN is_late THEN now() END
            FROM seen WHERE r.id = seen.id
            """);
        object[] values =
        [
            id, Watch, Wait, LiveFailures.NoWorker, LiveFailures.WorkerLost,
            LiveFailures.NoWorkerMessage(options.Value.WaitSeconds), LiveFailures.WorkerLostMessage,
        ];
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Problem TooMany(int open) => new(
        StatusCodes.Status429TooManyRequests, "too-many-live-requests", string.Create(
            CultureInfo.InvariantCulture,
            $"{open} live requests wait or are worked on, and Live:MaxOpen allows no more; retry in {RetrySeconds} s (see Retry-After)."))
    {
        RetryAfter = RetrySeconds,
    };
}
