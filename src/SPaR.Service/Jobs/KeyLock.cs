using Npgsql;

namespace SPaR.Service.Jobs;

/// <summary>A lock per kind and key; its holder decides which job of the key waits. It is a database lock that ends with its connection,
/// so a killed process leaves none behind.</summary>
internal sealed class KeyLock : IAsyncDisposable
{
    /// <summary>First half of the advisory lock's id; the second is the hash of kind and key.</summary>
    private const int Space = 0x53505148;

    private readonly NpgsqlDataSource _source;

    public KeyLock(string connectionString)
    {
        var connections = ServiceConnections.Of(connectionString);
        // A small pool of its own, so that callers waiting for a key cannot use up the connections that its holder needs.
        (connections.MaxPoolSize, connections.ApplicationName) = (4, "spar job keys");
        _source = NpgsqlDataSource.Create(connections);
    }

    public async Task<IAsyncDisposable> TakeAsync(string kind, string key, CancellationToken cancellationToken)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken);
        NpgsqlTransaction? transaction = null;
        try
        {
            transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1, hashtext($2))", connection, transaction)
            {
                Parameters = { new() { Value = Space }, new() { Value = $"{kind} {key}" } },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
            return new Held(connection, transaction);
        }
        catch
        {
            await new Held(connection, transaction).DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private sealed class Held(NpgsqlConnection connection, NpgsqlTransaction? transaction) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (connection)
            {
                // Rolls back now; a pooled connection would roll back only when it is next used.
                if (transaction is not null)
                    await transaction.DisposeAsync();
            }
        }
    }
}
