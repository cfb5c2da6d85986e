using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace SPaR.Service.Storage;

public static class StorageRegistration
{
    /// <summary>Adds one pool of connections (<see cref="NpgsqlDataSource"/>) and an
    /// <see cref="IDbContextFactory{TContext}"/> of <see cref="SparDb"/> on it.</summary>
    public static IServiceCollection AddSparStorage(this IServiceCollection services, string connectionString)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => NpgsqlDataSource.Create(LimitPool(connectionString, 24)));
        return services.AddPooledDbContextFactory<SparDb>(
            (provider, options) => Configure(options, provider.GetRequiredService<NpgsqlDataSource>()));
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

    private static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) => options
        .UseNpgsql(source, npgsql => npgsql.MigrationsAssembly("SPaR.Migrations").MigrationsHistoryTable(
            HistoryRepository.DefaultTableName, SparDb.Schema))
        .UseSnakeCaseNamingConvention()
        // A test finds model changes without a migration; EF would check again at every start.
        .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
}
