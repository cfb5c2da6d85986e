using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SPaR.Storage;

namespace SPaR.Integration.Tests.Storage;

public sealed class MigrationTests(PostgresFixture postgres)
{
    // Everything of the schema that the EF model also speaks of, one line per thing.
    private const string Catalog = """
        SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
               || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || ' ' || a.attidentity::text || a.attgenerated::text
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'spar'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relname <> 'migrations'
        UNION ALL
        SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'spar'::regnamespace AND conrelid <> 'spar.migrations'::regclass
        UNION ALL
        SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'spar' AND tablename <> 'migrations'
        ORDER BY 1
        """;

    private static readonly string[] All =
    [
        "0001_first", "0002_training", "0003_training_places", "0004_rounds", "0005_adapters", "0006_evaluations", "0007_verifier",
        "0008_keys",
    ];

    // What the fourth migration and those after it made, so that a test goes back to what was before it.
    private const string UndoRounds = """
        DELETE FROM spar.migrations WHERE "MigrationId" >= '0004';
        DROP TABLE spar.audit_log, spar.key_sessions, spar.api_keys;
        DROP TABLE spar.evaluation_results, spar.evaluations, spar.benchmark_items, spar.benchmark_sets;
        ALTER TABLE spar.answers DROP verifier;
        ALTER TABLE spar.nodes DROP verifier;
        ALTER TABLE spar.pairs DROP chosen_verifier, DROP rejected_verifier;
        ALTER TABLE spar.judgements DROP voted_label, DROP voted_value;
        DROP TABLE spar.run_rounds;
        ALTER TABLE spar.training_runs DROP run_id, DROP round, DROP role;
        ALTER TABLE spar.models DROP run_id, DROP round, DROP base_id;
        """;

    [Fact]
    public async Task The_migrated_schema_is_the_one_that_the_model_describes()
    {
        var migrated = await postgres.MigratedDatabaseAsync();
        var described = await postgres.EmptyDatabaseAsync();
        await using (var services = new ServiceCollection().AddSparStorage(described).BuildServiceProvider())
        await using (var db = await services.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync())
        {
            await db.Database.EnsureCreatedAsync();
            await db.Database.ExecuteSqlAsync($"CREATE TABLE spar.migrations ()");
        }

        var expected = await ReadAsync(described, Catalog);
        var found = await ReadAsync(migrated, Catalog);
        expected.Count.ShouldBeGreaterThan(80);
        found.Except(expected).ShouldBeEmpty("in the SQL, not in the model");
        expected.Except(found).ShouldBeEmpty("in the model, not in the SQL");
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        var database = await postgres.MigratedDatabaseAsync();
        await PostgresFixture.MigrateAsync(database);
        (await ReadAsync(database, "SELECT \"MigrationId\" FROM spar.migrations")).ShouldBe(All);
    }

    [Fact]
    public async Task Two_processes_may_migrate_at_once()
    {
        var database = await postgres.EmptyDatabaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => PostgresFixture.MigrateAsync(database))));
        (await ReadAsync(database, "SELECT \"MigrationId\" FROM spar.migrations")).ShouldBe(All);
    }

    [Fact]
    public async Task Examples_of_before_there_were_weights_no_longer_teach_the_answer_under_judgement()
    {
        var database = await postgres.MigratedDatabaseAsync();
        // As the second migration left it.
        await ReadAsync(database, UndoRounds + """
            DELETE FROM spar.migrations WHERE "MigrationId" >= '0003';
            ALTER TABLE spar.training_runs DROP machine, DROP folder_id, DROP adapter_sha256, DROP adapter_bytes;
            SET session_replication_role = replica;
            INSERT INTO spar.refiner_examples SELECT 'run', 1, 'ins', kind, 'a0', to_jsonb(string_to_array(roles, ' ')), '', '', 0
            FROM (VALUES ('refine', 'user assistant user assistant user assistant'), ('first-bad', 'user assistant user assistant'),
                ('first-good', 'user assistant')) AS e (kind, roles);
            UPDATE spar.refiner_examples SET messages = (
                SELECT jsonb_agg(jsonb_build_object('role', role, 'content', 'x') ORDER BY n)
                FROM jsonb_array_elements_text(messages) WITH ORDINALITY AS r (role, n));
            SELECT ''
            """);

        await PostgresFixture.MigrateAsync(database);

        (await ReadAsync(database, """
            SELECT kind || ': ' || string_agg(coalesce(m ->> 'weight', '-'), ' ' ORDER BY n)
            FROM spar.refiner_examples, jsonb_array_elements(messages) WITH ORDINALITY AS all_of_it (m, n) GROUP BY kind ORDER BY kind
            """)).ShouldBe(["first-bad: - 0 - -", "first-good: - -", "refine: - 0 - - - -"]);
    }

    [Fact]
    public async Task A_run_of_before_there_were_rounds_has_its_only_one()
    {
        var database = await postgres.MigratedDatabaseAsync();
        await ReadAsync(database, UndoRounds + """
            INSERT INTO spar.instruction_sets (id, name, count, created_at) VALUES ('set', 's', 0, now());
            SET session_replication_role = replica;
            INSERT INTO spar.runs (id, set_id, actor_id, refiner_id, judge_id, recipe, seed, rounds, status, created_at, finished_at)
            VALUES ('ended', 'set', 'a', 'r', 'j', '{}', 1, 1, 'succeeded', now(), now()),
                ('open', 'set', 'a', 'r', 'j', '{}', 1, 1, 'paused', now(), NULL);
            INSERT INTO spar.models (id, name, path, sha256, bytes, architecture, parameters, context_length, vocabulary_size, file_type,
                template, created_at)
            SELECT id, '', '', '', 0, '', 0, 0, 0, '', '', now() FROM (VALUES ('a'), ('r'), ('j')) AS m (id);
            SELECT ''
            """);

        await PostgresFixture.MigrateAsync(database);

        (await ReadAsync(database, """
            SELECT concat_ws(' ', run_id, round, stage, actor_id, refiner_id, judge_id, rolled_back, finished_at IS NULL)
            FROM spar.run_rounds ORDER BY run_id
            """)).ShouldBe(["ended 1 done a r j f f", "open 1 self-play a r j f t"]);
    }

    private static async Task<List<string>> ReadAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        return lines;
    }
}
