using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SPaR.Service.Storage;

namespace SPaR.Service.Jobs;

/// <summary>Hangfire's tables: the schema <c>hangfire</c> of the service's database, reached through a pool of its own. The schema is
/// made or upgraded when the host starts, and a database that cannot be used fails the start.</summary>
internal sealed class JobDatabase : IConnectionFactory, IHostedService, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly KeyLock _keys;

    public JobDatabase(string connectionString, JobOptions options, KeyLock keys)
    {
        _source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(StorageRegistration.Bound(connectionString, 8)) { ApplicationName = "spar jobs" });
        _keys = keys;
        Storage = new PostgreSqlStorage(this, new PostgreSqlStorageOptions
        {
            // A job belongs to its worker for this long, and the worker extends it for as long as it lives: a job of many hours is never
            // given to a second worker, and the job of a killed one is taken over after this.
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = TimeSpan.FromSeconds(3 * options.CheckinSeconds),
            // The longest wait for a job that another process enqueues. LISTEN/NOTIFY (EnableLongPolling) would be faster, but takes a
            // connection for each idle slot of each worker, of the hundred that PostgreSQL has for all processes together.
            QueuePollInterval = TimeSpan.FromSeconds(0.5),
            // Locks of a killed process are free again after this; a change of state takes milliseconds.
            DistributedLockTimeout = TimeSpan.FromSeconds(15),
            // StartAsync makes the schema, once and without retries. So there is no degraded mode, in which Hangfire would start without
            // a database.
            PrepareSchemaIfNecessary = false,
        });
    }

    public JobStorage Storage { get; }

    public NpgsqlConnection GetOrCreateConnection() => _source.CreateConnection();

    /// <exception cref="InvalidOperationException">The database cannot be used; the message names the setting.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // One process at a time.
            await using var held = await _keys.TakeAsync("hangfire", "schema", cancellationToken);
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            PostgreSqlObjectsInstaller.Install(connection);
        }
        catch (NpgsqlException error)
        {
            var place = new NpgsqlConnectionStringBuilder(_source.ConnectionString);
            throw new InvalidOperationException(
                $"The job queue cannot use PostgreSQL at {place.Host}:{place.Port} (database '{place.Database}'): {error.Message}. "
                + "Run ./spar up, which brings its own, or set ConnectionStrings:Spar to one that runs.", error);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
