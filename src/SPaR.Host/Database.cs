using Microsoft.EntityFrameworkCore;
using Npgsql;
using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>Migrates the database before anything else runs.</summary>
internal static class Database
{
    /// <exception cref="StartupException">The database cannot be reached or used.</exception>
    /// <exception cref="UnusableSchemaException">Another version of SPaR created the schema.</exception>
    public static async Task PrepareAsync(IServiceProvider services)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        var address = new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString());
        try
        {
            await SchemaMigration.MigrateAsync(db);
        }
        catch (Exception e) when (e.IsDatabaseError())
        {
            throw new StartupException(
                $"PostgreSQL at {address.Host}:{address.Port} (database '{address.Database}') cannot be used: "
                + $"{e.GetBaseException().Message}. Run ./spar up, which brings its own, or point ConnectionStrings:Spar to a "
                + "running one.");
        }
    }
}
