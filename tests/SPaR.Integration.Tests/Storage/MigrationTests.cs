using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SPaR.Host;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.Storage;

public sealed class MigrationTests(PostgresFixture postgres)
{
    // Everything in the schema, one line per object.
    private const string Catalog = """
        SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
               || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || ' ' || a.attidentity::text || a.attgenerated::text
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = to_regnamespace('spar') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relname <> '__EFMigrationsHistory'
        UNION ALL
        SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = to_regnamespace('spar') AND conname <> 'pk___ef_migrations_history'
        UNION ALL
        SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'spar' AND tablename <> '__EFMigrationsHistory'
        ORDER BY 1
        """;

    private const string History = """SELECT migration_id FROM spar."__EFMigrationsHistory" ORDER BY 1""";

    private const string OldTables
        = "CREATE SCHEMA spar; CREATE TABLE spar.runs (id text PRIMARY KEY); INSERT INTO spar.runs VALUES ('r');";

    private const string OldHistory = """
        CREATE TABLE spar.migrations ("MigrationId" text PRIMARY KEY, "ProductVersion" text);
        INSERT INTO spar.migrations VALUES ('0001_first', '10.0.15'), ('0008_keys', '10.0.15');
        """;

    private const string EmptyHistory
        = """CREATE TABLE spar."__EFMigrationsHistory" (migration_id text PRIMARY KEY, product_version text);""";

    [Fact]
    public async Task Every_change_of_the_model_has_its_migration()
    {
        await using var services = Storage("Host=127.0.0.1");
        await using var db = await OpenAsync(services);

        db.Database.HasPendingModelChanges().ShouldBeFalse("Run: dotnet ef migrations add NAME --project migrations");
    }

    // A migration may be edited by hand: EF above compares its snapshot, not the migration's effect.
    [Fact]
    public async Task The_migrations_create_the_schema_that_the_model_describes()
    {
        var migrated = await postgres.MigratedDatabaseAsync();
        var described = await postgres.EmptyDatabaseAsync();
        await using var services = Storage(described);
        await using (var db = await OpenAsync(services))
            await db.Database.EnsureCreatedAsync();

        var expected = await ReadAsync(described, Catalog);
        expected.Count.ShouldBeGreaterThan(80);
        (await ReadAsync(migrated, Catalog)).ShouldBe(expected);
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        var database = await postgres.MigratedDatabaseAsync();
        var before = await ReadAsync(database, Catalog);
        await PostgresFixture.MigrateAsync(database);

        (await ReadAsync(database, Catalog)).ShouldBe(before);
        (await ReadAsync(database, History)).ShouldBe(await KnownAsync(database));
    }

    [Fact]
    public async Task Several_processes_may_migrate_at_once()
    {
        var database = await postgres.EmptyDatabaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => PostgresFixture.MigrateAsync(database))));

        (await ReadAsync(database, History)).ShouldBe(await KnownAsync(database));
    }

    [Theory]
    [InlineData(OldTables + OldHistory, "tables: 2")]
    [InlineData(OldTables, "tables: 1")]
    [InlineData(OldTables + EmptyHistory, "tables: 1")]
    public async Task A_schema_of_unknown_origin_is_refused_and_unchanged(string made, string what)
    {
        var database = await postgres.EmptyDatabaseAsync();
        await ExecuteAsync(database, made);

        var refusal = await RefusedAsync(database);

        refusal.ShouldStartWith($"The database '{NameOf(database)}' has a schema 'spar'");
        refusal.ShouldContain(what);
        refusal.ShouldContain("DROP SCHEMA IF EXISTS spar, hangfire CASCADE");
        refusal.ShouldContain("ConnectionStrings:Spar");
        refusal.ShouldContain(".spar/postgres");
    }

    [Fact]
    public async Task After_dropping_the_old_schema_as_the_message_says_the_database_migrates()
    {
        var database = await postgres.EmptyDatabaseAsync();
        await ExecuteAsync(database, OldTables + OldHistory);
        await RefusedAsync(database);
        await ExecuteAsync(database, "DROP SCHEMA IF EXISTS spar, hangfire CASCADE");

        await PostgresFixture.MigrateAsync(database);

        (await ReadAsync(database, History)).ShouldBe(await KnownAsync(database));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_and_unchanged()
    {
        var database = await postgres.MigratedDatabaseAsync();
        await ExecuteAsync(database, """INSERT INTO spar."__EFMigrationsHistory" VALUES ('29990101000000_Later', '99.0.0')""");

        var refusal = await RefusedAsync(database);

        refusal.ShouldContain($"'{NameOf(database)}'");
        refusal.ShouldContain("29990101000000_Later");
        refusal.ShouldContain("ConnectionStrings:Spar");
    }

    /// <returns>The message to the operator. Asserts that the database is unchanged.</returns>
    private static async Task<string> RefusedAsync(string database)
    {
        var before = await ReadAsync(database, Catalog);
        var refusal = await Should.ThrowAsync<UnusableSchemaException>(() => PostgresFixture.MigrateAsync(database));
        (await ReadAsync(database, Catalog)).ShouldBe(before);
        return StartupError.Of(refusal).ShouldNotBeNull();
    }

    private static async Task<IEnumerable<string>> KnownAsync(string database)
    {
        await using var services = Storage(database);
        await using var db = await OpenAsync(services);
        return db.Database.GetMigrations();
    }

    private static ServiceProvider Storage(string database) => new ServiceCollection().AddSparStorage(database).BuildServiceProvider();

    private static Task<SparDb> OpenAsync(ServiceProvider services) =>
        services.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();

    private static string NameOf(string database) => new NpgsqlConnectionStringBuilder(database).Database!;

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> ReadAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        return lines;
    }
}
