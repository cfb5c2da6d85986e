using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Npgsql;
using SPaR.Storage;

namespace SPaR.Jobs.Hangfire;

/// <summary>Hangfire's storage in the schema <c>hangfire</c> of the service's database, which it makes itself.</summary>
internal sealed class HangfireStorage : IDisposable
{
    private readonly string _connectionString;

    /// <exception cref="InvalidOperationException">The database cannot be used; the message names the setting.</exception>
    public HangfireStorage(string connectionString, JobOptions options, KeyLock keys)
    {
        _connectionString = new NpgsqlConnectionStringBuilder(StorageRegistration.Bound(connectionString, 8))
        {
            ApplicationName = "spar jobs",
        }.ConnectionString;
        try
        {
            // One process at a time makes or upgrades the schema.
            var held = keys.TakeAsync("hangfire", "schema", CancellationToken.None).GetAwaiter().GetResult();
            try
            {
                Jobs = Open(options);
            }
            finally
            {
                held.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
        catch (Exception error) when (Cause(error) is { } cause)
        {
            var place = new NpgsqlConnectionStringBuilder(connectionString);
            throw new InvalidOperationException(
                $"The job queue cannot use PostgreSQL at {place.Host}:{place.Port} (database '{place.Database}'): {cause.Message}. "
                + "Run ./spar up, which brings its own, or set ConnectionStrings:Spar to one that runs.", cause);
        }
    }

    public JobStorage Jobs { get; }

    public void Dispose()
    {
        using var any = new NpgsqlConnection(_connectionString);
        NpgsqlConnection.ClearPool(any);
    }

    private PostgreSqlStorage Open(JobOptions options)
    {
        var settings = new PostgreSqlStorageOptions
        {
            // A job belongs to its worker for so long, and the worker prolongs it as long as it lives: a job of many hours is never given
            // to a second one, and that of a killed worker passes on after this.
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = TimeSpan.FromSeconds(3 * options.CheckinSeconds),
            // What another process enqueues waits this long at most. To hear of it at once each idle slot would hold a connection of its
            // own (EnableLongPolling), of the few that PostgreSQL has for all processes together.
            QueuePollInterval = TimeSpan.FromSeconds(0.5),
            // What a killed process leaves locked is free again after this; a change of state takes milliseconds.
            DistributedLockTimeout = TimeSpan.FromSeconds(15),
            // A service without its database is to fail, at once and aloud.
            AllowDegradedModeWithoutStorage = false,
            StartupConnectionMaxRetries = 1,
        };
        return new(new NpgsqlConnectionFactory(_connectionString, settings), settings);
    }

    private static NpgsqlException? Cause(Exception? error) =>
        error is null or NpgsqlException ? (NpgsqlException?)error : Cause(error.InnerException);
}
