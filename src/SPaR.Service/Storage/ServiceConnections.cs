using Npgsql;

namespace SPaR.Service.Storage;

/// <summary>How the service connects to PostgreSQL, on top of what the operator's connection string says.</summary>
internal static class ServiceConnections
{
    /// <summary>A process that is frozen in a transaction keeps its locks, and others wait for them: PostgreSQL ends its session after this
    /// time. No transaction of ours is idle for seconds.</summary>
    private const string IdleInTransaction = "idle_in_transaction_session_timeout";

    private const string MostIdle = "30s";

    /// <param name="connectionString">What it says of the timeout stays.</param>
    public static NpgsqlConnectionStringBuilder Of(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (builder.Options?.Contains(IdleInTransaction, StringComparison.Ordinal) is not true)
            builder.Options = $"{builder.Options} -c {IdleInTransaction}={MostIdle}".TrimStart();
        return builder;
    }

    /// <summary>Limits the pool's size unless the connection string sets it.</summary>
    public static NpgsqlConnectionStringBuilder Of(string connectionString, int connections)
    {
        // PostgreSQL accepts 100 connections from all processes, and a worker with a hundred items in flight would ask for as many. A
        // short wait for a free one costs nothing.
        var builder = Of(connectionString);
        if (!builder.ShouldSerialize("Maximum Pool Size"))
            builder.MaxPoolSize = connections;
        return builder;
    }
}
