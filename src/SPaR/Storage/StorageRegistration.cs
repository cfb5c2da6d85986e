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
        services.AddSingleton(_ => NpgsqlDataSource.Create(Bound(connectionString, 24)));
        return services.AddPooledDbContextFactory<SparDb>(
            (provider, options) => Configure(options, provider.GetRequiredService<NpgsqlDataSource>()));
    }

    /// <summary>Limits a pool, unless the connection string says how large it may be.</summary>
    internal static string Bound(string connectionString, int connections)
    {
        // PostgreSQL takes 100 connections of all processes together, and a worker with a hundred items in flight would ask for as many;
        // a short wait for a free one costs nothing.
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (!builder.ShouldSerialize("Maximum Pool Size"))
            builder.MaxPoolSize = connections;
        return builder.ConnectionString;
    }

    // There is no model snapshot, as the package that writes it is not used; without one EF does not look for changes of the model
    // that lack a migration. A test compares model and schema instead, catalog against catalog.
    internal static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) => options.UseNpgsql(
        source, npgsql => npgsql.MigrationsAssembly("SPaR.Migrations").MigrationsHistoryTable("migrations", SparDb.Schema));
}
