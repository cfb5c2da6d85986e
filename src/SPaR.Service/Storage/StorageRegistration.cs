using System.Diagnostics;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace SPaR.Service.Storage;

public static class StorageRegistration
{
    /// <summary>Adds one pool of connections (<see cref="NpgsqlDataSource"/>), an <see cref="IDbContextFactory{TContext}"/> of
    /// <see cref="SparDb"/> on it, with every <see cref="IInterceptor"/> that is registered, and <see cref="ReservedDatabase"/> beside
    /// it.</summary>
    public static IServiceCollection AddSparStorage(this IServiceCollection services, string connectionString)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => Pool(ServiceConnections.Of(connectionString, 24)));
        return services.AddPooledDbContextFactory<SparDb>(
            (provider, options) => Configure(options.AddInterceptors(provider.GetServices<IInterceptor>())))
            .AddSingleton(provider => new ReservedDatabase(provider.GetRequiredService<DbContextOptions<SparDb>>(), connectionString));
    }

    /// <summary>Statements are spans only below another one: workers ask the database all the time.</summary>
    private static NpgsqlDataSource Pool(NpgsqlConnectionStringBuilder connections)
    {
        var pool = new NpgsqlDataSourceBuilder(connections.ConnectionString);
        pool.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => Activity.Current is { Recorded: true })
            .ConfigureBatchFilter(_ => Activity.Current is { Recorded: true }));
        return pool.Build();
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
