using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>Brings the database to the service's own version before anything else runs.</summary>
internal static class Database
{
    /// <exception cref="StartupException">It cannot be reached or used.</exception>
    /// <exception cref="UnusableSchemaException">Another version of SPaR made its schema.</exception>
    public static async Task PrepareAsync(IServiceProvider services)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        var place = new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString());
        try
        {
            await SchemaMigration.MigrateAsync(db);
        }
        catch (Exception e) when (e.GetBaseException() is NpgsqlException or SocketException or TimeoutException)
        {
            throw new StartupException(
                $"PostgreSQL at {place.Host}:{place.Port} (database '{place.Database}') cannot be used: {e.GetBaseException().Message}. "
                + "Run ./spar up, which brings its own, or set ConnectionStrings:Spar to one that runs.");
        }
    }
}
