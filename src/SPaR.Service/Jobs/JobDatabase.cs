using Hangfire;
using Hangfire.PostgreSql;
using Npgsql;

namespace SPaR.Service.Jobs;

/// <summary>Hangfire's tables: the schema <c>hangfire</c> of the service's database, with a connection pool of its own. The schema is
/// created or upgraded when the host starts; if the database cannot be used, the start fails.</summary>
internal sealed class JobDatabase : IConnectionFactory, IHostedService, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly KeyLock _keys;

    public JobDatabase(string connectionString, JobOptions options, KeyLock keys)
    {
        var connections = ServiceConnections.Of(connectionString, 8);
        connections.ApplicationName = "spar jobs";
        _source = NpgsqlDataSource.Create(connections);
        _keys = keys;
        Storage = new PostgreSqlStorage(this, new PostgreSqlStorageOptions
        {
            // A worker's claim on a job lasts this long, and a live worker keeps extending it. So a job of many hours never goes to a
            // second worker, and the job of a killed worker is taken over after this time.
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = options.DeadAfter,
            // The longest wait for a job that another process enqueues. LISTEN/NOTIFY (EnableLongPolling) would be faster, but takes a
            // connection per idle slot of every worker, out of the hundred that PostgreSQL has for all processes.
            QueuePollInterval = TimeSpan.FromSeconds(0.5),
            // The locks of a killed process expire after this; a change of state takes milliseconds.
            DistributedLockTimeout = TimeSpan.FromSeconds(15),
            // StartAsync creates the schema, once and without retries. Otherwise Hangfire would start in a degraded mode without a
            // database.
            PrepareSchemaIfNecessary = false,
        });
    }

    public JobStorage Storage { get; }

    public NpgsqlConnection GetOrCreateConnection() => _source.CreateConnection();

    /// <exception cref="InvalidOperationException">The database cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // One process at a time.
            await using var held = await _keys.TakeAsync("hangfire", "schema", cancellationToken);
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            PostgreSqlObjectsInstaller.Install(connection);
        }
        catch (Exception error) when (error.IsDatabaseError())
        {
            var address = new NpgsqlConnectionStringBuilder(_source.ConnectionString);
            throw new InvalidOperationException(
                $"The job queue cannot use PostgreSQL at {address.Host}:{address.Port} (database '{address.Database}'): {error.Message}. "
                + "Run ./spar up, which brings its own, or point ConnectionStrings:Spar to a running one.", error);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
