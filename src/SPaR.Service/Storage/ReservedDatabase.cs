using Npgsql;

namespace SPaR.Service.Storage;

/// <summary>Contexts and commands on a few connections that nothing but keys and health use: both answer also while all others are
/// busy.</summary>
public sealed class ReservedDatabase : IAsyncDisposable
{
    private const int Connections = 4;

    private readonly DbContextOptions<SparDb> _options;
    private readonly NpgsqlDataSource _source;

    public ReservedDatabase(DbContextOptions<SparDb> options, string connectionString)
    {
        _options = options;
        var connections = ServiceConnections.Of(connectionString);
        connections.MaxPoolSize = Connections;
        _source = NpgsqlDataSource.Create(connections);
    }

    /// <summary>A command on one of these connections, with positional parameters.</summary>
    public NpgsqlCommand CreateCommand(string sql) => _source.CreateCommand(sql);

    public SparDb CreateDbContext()
    {
        // Not from the pool of contexts: one that was pooled keeps its connection.
        var db = new SparDb(_options);
        db.Database.SetDbConnection(_source.CreateConnection(), contextOwnsConnection: true);
        return db;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
