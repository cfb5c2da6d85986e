using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace SPaR.Storage;

public static class StorageRegistration
{
    /// <summary>Adds one pool of connections (<see cref="NpgsqlDataSource"/>) and an
    /// <see cref="IDbContextFactory{TContext}"/> of <see cref="SparDb"/> on it.</summary>
    public static IServiceCollection AddSparStorage(this IServiceCollection services, string connectionString)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
        return services.AddPooledDbContextFactory<SparDb>(
            (provider, options) => Configure(options, provider.GetRequiredService<NpgsqlDataSource>()));
    }

    internal static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) => options.UseNpgsql(
        source, npgsql => npgsql.MigrationsAssembly("SPaR.Migrations").MigrationsHistoryTable("migrations", SparDb.Schema));
}
