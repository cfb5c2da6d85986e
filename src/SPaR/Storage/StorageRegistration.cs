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

    // There is no model snapshot, as the package that writes it is not used; without one EF does not look for changes of the model
    // that lack a migration. A test compares model and schema instead, catalog against catalog.
    internal static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) => options.UseNpgsql(
        source, npgsql => npgsql.MigrationsAssembly("SPaR.Migrations").MigrationsHistoryTable("migrations", SparDb.Schema));
}
