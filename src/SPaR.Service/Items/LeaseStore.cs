using Npgsql;
using SPaR.Method.Items;

namespace SPaR.Service.Items;

/// <summary>An item that a worker holds until its lease expires.</summary>
/// <param name="Epoch">Part of every write.</param>
internal sealed record Lease(ItemKey Key, int Ordinal, string Owner, long Epoch);

/// <summary>Leases items to workers. All times are the database's, so the clocks of machines do not matter.</summary>
internal sealed class LeaseStore(NpgsqlDataSource source)
{
    public const int MaxFailures = 3;

    /// <summary>Takes up to <paramref name="count"/> free items of a round of a running run, the first in order.</summary>
    /// <param name="round">The one whose models the worker has loaded; it takes no items of another.</param>
    public async Task<IReadOnlyList<Lease>> TakeAsync(
        string runId, int round, string worker, int count, TimeSpan lasting, CancellationToken cancellationToken)
    {
        // The share lock on the run makes a pause or a cancellation wait for this statement, or this statement see it. A locked item
        // is skipped rather than waited for, so workers never queue behind each other.
        await using var command = Command(
            """
            WITH run AS (SELECT id FROM spar.runs WHERE id = $1 AND status = 'running' FOR SHARE),
            free AS (
                SELECT i.run_id, i.round, i.instruction_id FROM spar.run_items i JOIN run ON run.id = i.run_id
                WHERE i.round = $5 AND i.state = 'pending' AND (i.lease_until IS NULL OR i.lease_until < now())
                ORDER BY i.ordinal LIMIT $3 FOR UPDATE OF i SKIP LOCKED)
            UPDATE spar.run_items i SET lease_owner = $2, lease_epoch = i.lease_epoch + 1, lease_until = now() + $4
            FROM free WHERE i.run_id = free.run_id AND i.round = free.round AND i.instruction_id = free.instruction_id
            RETURNING i.round, i.instruction_id, i.ordinal, i.lease_epoch
            """, runId, worker, count, lasting, round);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var leases = new List<Lease>();
        while (await reader.ReadAsync(cancellationToken))
            leases.Add(new(new(runId, reader.GetInt32(0), reader.GetString(1)), reader.GetInt32(2), worker, reader.GetInt64(3)));
        return [.. leases.OrderBy(l => l.Ordinal)];
    }

    /// <summary>Extends leases, except those that another worker has taken or whose item has ended.</summary>
    public async Task HeartbeatAsync(IReadOnlyList<Lease> held, TimeSpan lasting, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            UPDATE spar.run_items i SET lease_until = now() + $1
            FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::bigint[]) AS held (run_id, round, instruction_id, owner, epoch)
            WHERE i.run_id = held.run_id AND i.round = held.round AND i.instruction_id = held.instruction_id
                AND i.lease_owner = held.owner AND i.lease_epoch = held.epoch AND i.state = 'pending'
            """, lasting, held.Select(l => l.Key.RunId).ToArray(), held.Select(l => l.Key.Round).ToArray(),
            held.Select(l => l.Key.InstructionId).ToArray(), held.Select(l => l.Owner).ToArray(), held.Select(l => l.Epoch).ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Releases an unfinished item; its rows stay.</summary>
    public async Task ReleaseAsync(Lease lease, CancellationToken cancellationToken)
    {
        await using var command = OfLease("UPDATE spar.run_items SET lease_owner = NULL, lease_until = NULL", lease);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Counts a failure and releases the item; after the last that it may have, it ends in error.</summary>
    public async Task FailAsync(Lease lease, string message, CancellationToken cancellationToken, int most = MaxFailures)
    {
        await using var command = OfLease(
            """
            UPDATE spar.run_items SET lease_owner = NULL, lease_until = NULL, failures = failures + 1,
                state = CASE WHEN failures + 1 >= $6 THEN 'error' ELSE state END,
                detail = CASE WHEN failures + 1 >= $6 THEN $7 END,
                finished_at = CASE WHEN failures + 1 >= $6 THEN now() END
            """, lease, most, message);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // A lease that another worker has taken matches no row, so its former holder changes nothing.
    private NpgsqlCommand OfLease(string update, Lease lease, params ReadOnlySpan<object> more) => Command(
        $"""
        {update}
        WHERE run_id = $1 AND round = $2 AND instruction_id = $3 AND lease_owner = $4 AND lease_epoch = $5 AND state = 'pending'
        """, [lease.Key.RunId, lease.Key.Round, lease.Key.InstructionId, lease.Owner, lease.Epoch, .. more]);

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}
