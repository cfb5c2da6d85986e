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
        services.AddSingleton(_ => NpgsqlDataSource.Create(ServiceConnections.Of(connectionString, 24)));
        return services.AddPooledDbContextFactory<SparDb>(
            (provider, options) => Configure(options.AddInterceptors(provider.GetServices<IInterceptor>())))
            .AddSingleton(provider => new ReservedDatabase(provider.GetRequiredService<DbContextOptions<SparDb>>(), connectionString));
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
