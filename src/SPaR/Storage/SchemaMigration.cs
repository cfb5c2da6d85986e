using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace SPaR.Storage;

/// <summary>Brings a database to the version of this program.</summary>
public static class SchemaMigration
{
    private const long Lock = 0x5350_4152_4D49_4752;

    /// <summary>Makes the database where there is none and applies what is missing. Any number of processes may do so at once: EF's own
    /// lock ends with each migration, and another process would go on from what it had read before, so one lock is held over all of
    /// them.</summary>
    public static async Task MigrateAsync(SparDb db, CancellationToken cancellationToken = default)
    {
        var creator = db.GetService<IRelationalDatabaseCreator>();
        if (!await creator.ExistsAsync(cancellationToken))
            await creator.CreateAsync(cancellationToken);
        await db.Database.OpenConnectionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({Lock})", cancellationToken);
        try
        {
            await db.Database.MigrateAsync(cancellationToken);
        }
        finally
        {
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({Lock})", CancellationToken.None);
            await db.Database.CloseConnectionAsync();
        }
    }
}
