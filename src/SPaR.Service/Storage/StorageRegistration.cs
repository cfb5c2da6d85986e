using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace SPaR.Service.Storage;

public static class StorageRegistration
{
    /// <summary>Adds one pool of connections (<see cref="NpgsqlDataSource"/>), an <see cref="IDbContextFactory{TContext}"/> of
    /// <see cref="SparDb"/> on it, and <see cref="ReservedDatabase"/> beside it.</summary>
    public static IServiceCollection AddSparStorage(this IServiceCollection services, string connectionString)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => NpgsqlDataSource.Create(LimitPool(connectionString, 24)));
        return services.AddPooledDbContextFactory<SparDb>(Configure)
            .AddSingleton(provider => new ReservedDatabase(provider.GetRequiredService<DbContextOptions<SparDb>>(), connectionString));
    }

    /// <summary>Limits the pool size unless the connection string sets it.</summary>
    internal static string LimitPool(string connectionString, int connections)
    {
        // PostgreSQL accepts 100 connections from all processes, and a worker with a hundred items in flight would ask for as many. A
        // short wait for a free one costs nothing.
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (!builder.ShouldSerialize("Maximum Pool Size"))
            builder.MaxPoolSize = connections;
        return builder.ConnectionString;
    }

    // Without a connection of its own EF takes the pool from the services. Were it given the pool, a second service in the process would
    // build the model and compile every query again.
    private static void Configure(DbContextOptionsBuilder options) => options
        .UseNpgsql(npgsql => npgsql.MigrationsAssembly("SPaR.Migrations").MigrationsHistoryTable(
            HistoryRepository.DefaultTableName, SparDb.Schema))
        .UseSnakeCaseNamingConvention()
        // A test finds model changes without a migration; EF would check again at every start.
        .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
}
