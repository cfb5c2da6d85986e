using Npgsql;

namespace SPaR.Service.Lifecycle;

/// <summary>The database lock that a worker holds while it supervises a training, measures an evaluation or sends to a webhook. It ends
/// with the connection, and so with a worker that dies.</summary>
internal sealed class WorkLock : IAsyncDisposable
{
    /// <summary>First half of the advisory lock; the second is the hash of the id.</summary>
    public const int Space = 0x53505452;

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _released = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _watching;

    private WorkLock(NpgsqlConnection connection) => (_connection, _watching) = (connection, WatchAsync(connection));

    /// <summary>Cancelled if the connection breaks. The lock is gone then, and another worker may have it.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <returns>Null while another holds it.</returns>
    public static async Task<WorkLock?> TryTakeAsync(NpgsqlDataSource source, string id, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, hashtext($2))", connection)
            {
                Parameters = { new() { Value = Space }, new() { Value = id } },
            };
            if ((bool)(await command.ExecuteScalarAsync(cancellationToken))!)
                return new(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Takes it until the transaction ends.</summary>
    public static async Task<bool> TryTakeAsync(SparDb db, string id, CancellationToken cancellationToken) =>
        await db.Database.SqlQuery<bool>($"""SELECT pg_try_advisory_xact_lock({Space}, hashtext({id})) AS "Value" """)
            .SingleAsync(cancellationToken);

    /// <returns>Those that a worker holds.</returns>
    public static async Task<IReadOnlySet<string>> HeldAsync(SparDb db, string[] ids, CancellationToken cancellationToken) =>
        (await db.Database.SqlQuery<string>(
            $"""
            SELECT id AS "Value" FROM unnest({ids}) AS id WHERE EXISTS (
                SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid::bigint = {(long)Space}
                    AND l.objid::bigint = (hashtext(id)::bigint & 4294967295) AND l.granted
                    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            """).ToListAsync(cancellationToken)).ToHashSet();

    public async ValueTask DisposeAsync()
    {
        await using var connection = _connection;
        await _released.CancelAsync();
        await _watching;
        try
        {
            await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection);
            if (!Lost.IsCancellationRequested)
                await unlock.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception error) when (error.IsDatabaseError())
        {
            // The lock ended with its connection.
        }

        _released.Dispose();
        _lost.Dispose();
    }

    /// <summary>Nothing is sent on the connection, so it is read from until it breaks.</summary>
    private async Task WatchAsync(NpgsqlConnection connection)
    {
        try
        {
            while (true)
                await connection.WaitAsync(_released.Token);
        }
        catch (OperationCanceledException)
        {
            // It is released.
        }
        catch (Exception error) when (error.IsDatabaseError())
        {
            await _lost.CancelAsync();
        }
    }
}
