using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace SPaR.Service.Storage;

/// <summary>Migrates a database to this version's schema.</summary>
public static class SchemaMigration
{
    private const long Lock = 0x5350_4152_4D49_4752;

    private const string StartAfresh = "set ConnectionStrings:Spar to a new database. If ./spar up created the database, stop it and move "
        + "the folder .spar/postgres away.";

    /// <summary>Creates the database if it is missing and applies the missing migrations. Any number of processes may do so at
    /// once. One lock covers all of it: EF takes its own lock only after reading which migrations are missing.</summary>
    /// <exception cref="UnusableSchemaException">Another version created the schema.</exception>
    public static async Task MigrateAsync(SparDb db, CancellationToken cancellationToken = default)
    {
        var creator = db.GetService<IRelationalDatabaseCreator>();
        if (!await creator.ExistsAsync(cancellationToken))
            await creator.CreateAsync(cancellationToken);
        await db.Database.OpenConnectionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({Lock})", cancellationToken);
        try
        {
            if (await IsBehindAsync(db, cancellationToken))
                await db.Database.MigrateAsync(cancellationToken);
        }
        finally
        {
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({Lock})", CancellationToken.None);
            await db.Database.CloseConnectionAsync();
        }
    }

    /// <returns>Whether migrations are missing.</returns>
    private static async Task<bool> IsBehindAsync(SparDb db, CancellationToken cancellationToken)
    {
        var database = db.Database.GetDbConnection().Database;
        var tables = await db.Database.SqlQuery<string>(
            $"""SELECT tablename::text AS "Value" FROM pg_tables WHERE schemaname = {SparDb.Schema}""").ToListAsync(cancellationToken);
        string[] applied = tables.Remove(HistoryRepository.DefaultTableName)
            ? [.. await db.Database.GetAppliedMigrationsAsync(cancellationToken)]
            : [];
        string[] known = [.. db.Database.GetMigrations()];
        string[] unknown = [.. applied.Except(known)];
        if (unknown.Length > 0)
        {
            throw new UnusableSchemaException(
                $"The database '{database}' has migrations that this version of SPaR does not know: {string.Join(", ", unknown)}. "
                + $"Use the version that made it, or {StartAfresh}");
        }

        if (applied.Length == 0 && tables.Count > 0)
        {
            throw new UnusableSchemaException(
                $"The database '{database}' has a schema '{SparDb.Schema}' that this version of SPaR did not create and cannot upgrade "
                + $"(tables: {tables.Count}, known migrations: none). Back it up, then run DROP SCHEMA IF EXISTS {SparDb.Schema}, hangfire "
                + $"CASCADE in it, or {StartAfresh}");
        }

        return applied.Length < known.Length;
    }
}
