using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Events;

namespace SPaR.Service.Live;

/// <summary>A live request that a worker holds until its lease expires.</summary>
/// <param name="Epoch">Part of every write.</param>
internal sealed record LiveLease(string Id, string Owner, long Epoch);

/// <summary>The worker's side of live requests: takes them, writes what they produce, and ends them. Every write carries the lease, and all
/// times are the database's.</summary>
internal sealed class LiveWorkStore(NpgsqlDataSource source)
{
    // A lease that another worker has taken, or a request that was cancelled, matches no row.
    private const string Held = "id = $1 AND lease_owner = $2 AND lease_epoch = $3 AND status = 'running'";

    /// <summary>Takes the oldest requests that wait, and those of workers that have died.</summary>
    public async Task<IReadOnlyList<LiveLease>> TakeAsync(
        string worker, int count, TimeSpan lasting, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            WITH free AS (
                SELECT id FROM spar.live_requests
                WHERE status IN ('queued', 'running') AND (lease_until IS NULL OR lease_until < now()) AND watched_until > now()
                ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
            UPDATE spar.live_requests r SET status = 'running', started_at = coalesce(started_at, now()), lease_owner = $1,
                lease_epoch = r.lease_epoch + 1, lease_until = now() + $3
            FROM free WHERE r.id = free.id RETURNING r.id, r.lease_epoch
            """, worker, count, lasting);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var leases = new List<LiveLease>();
        while (await reader.ReadAsync(cancellationToken))
            leases.Add(new(reader.GetString(0), worker, reader.GetInt64(1)));
        return leases;
    }

    /// <summary>Extends leases.</summary>
    /// <returns>The ids of those that go on: not cancelled, not taken over, and somebody waits for them.</returns>
    public async Task<IReadOnlySet<string>> ExtendAsync(
        IReadOnlyList<LiveLease> held, TimeSpan lasting, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            UPDATE spar.live_requests r SET lease_until = now() + $1
            FROM unnest($2::text[], $3::text[], $4::bigint[]) AS held (id, owner, epoch)
            WHERE r.id = held.id AND r.lease_owner = held.owner AND r.lease_epoch = held.epoch AND r.status = 'running'
                AND r.watched_until > now()
            RETURNING r.id
            """, lasting, held.Select(l => l.Id).ToArray(), held.Select(l => l.Owner).ToArray(), held.Select(l => l.Epoch).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var extended = new HashSet<string>();
        while (await reader.ReadAsync(cancellationToken))
            extended.Add(reader.GetString(0));
        return extended;
    }

    /// <summary>Writes an output and tells whoever waits for it.</summary>
    /// <exception cref="LiveLeaseLostException">Nothing was written.</exception>
    public async Task WriteAsync(LiveLease lease, LiveContent content, CancellationToken cancellationToken)
    {
        // A crash may lose the last outputs, which are then made again: no need to wait for the disk.
        await using var command = OfLease(
            lease,
            $"""
            WITH held AS (SELECT id FROM spar.live_requests WHERE {Held} FOR SHARE)
            INSERT INTO spar.live_outputs (request_id, ordinal, content)
            SELECT id, 1 + coalesce((SELECT max(ordinal) FROM spar.live_outputs WHERE request_id = $1), 0), $4 FROM held
            RETURNING request_id, pg_notify('{RunSignals.LiveOutputs}', $1), set_config('synchronous_commit', 'off', true)
            """, Json(content));
        if (await command.ExecuteScalarAsync(cancellationToken) is null)
            throw new LiveLeaseLostException(lease.Id);
    }

    public Task SucceedAsync(LiveLease lease, LiveResult result, CancellationToken cancellationToken) =>
        EndAsync(lease, RunStatus.Succeeded, result, null, null, cancellationToken);

    public Task FailAsync(LiveLease lease, string code, string message, CancellationToken cancellationToken) =>
        EndAsync(lease, RunStatus.Failed, null, code, message, cancellationToken);

    public Task CancelAsync(LiveLease lease, CancellationToken cancellationToken) =>
        EndAsync(lease, RunStatus.Cancelled, null, null, null, cancellationToken);

    /// <summary>Lets another worker take it at once.</summary>
    public async Task ReleaseAsync(LiveLease lease, CancellationToken cancellationToken)
    {
        await using var command = OfLease(
            lease,
            $"""
            UPDATE spar.live_requests SET lease_owner = NULL, lease_until = now() WHERE {Held}
            RETURNING pg_notify('{RunSignals.LiveRequests}', $1)
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Changes nothing if the lease is lost.</summary>
    private async Task EndAsync(
        LiveLease lease, RunStatus status, LiveResult? result, string? code, string? message, CancellationToken cancellationToken)
    {
        await using var command = OfLease(
            lease,
            $"""
            UPDATE spar.live_requests SET status = $4, result = $5, failure_code = $6, failure_message = $7, finished_at = now(),
                lease_owner = NULL, lease_until = NULL
            WHERE {Held} RETURNING pg_notify('{RunSignals.LiveOutputs}', $1)
            """, Text(EnumName.Of(status)), Json(result), Text(code), Text(message));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand OfLease(LiveLease lease, string sql, params ReadOnlySpan<NpgsqlParameter> more)
    {
        var command = Command(sql, lease.Id, lease.Owner, lease.Epoch);
        foreach (var parameter in more)
            command.Parameters.Add(parameter);
        return command;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Json<T>(T? value) => new()
    {
        Value = value is null ? DBNull.Value : JsonSerializer.Serialize(value, RowJson.Options),
        NpgsqlDbType = NpgsqlDbType.Jsonb,
    };
}

/// <summary>Another worker has the request now, or nobody waits for it any more. Drop it.</summary>
internal sealed class LiveLeaseLostException(string id) : Exception(
    $"Lost the lease on the live request {id}: another worker has it, or it was cancelled.");
