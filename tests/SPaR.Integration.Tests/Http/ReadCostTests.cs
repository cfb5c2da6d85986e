using System.Text.RegularExpressions;
using Npgsql;

namespace SPaR.Integration.Tests.Http;

/// <summary>What a request costs does not depend on what else is stored: every GET of the OpenAPI document, in a database with thousands of
/// rows that it does not ask for, counted by PostgreSQL.</summary>
public sealed partial class ReadCostTests(PostgresFixture postgres)
{
    private const int Others = 2000, OtherLists = 1500, MostRows = 250;

    /// <summary>The statistics of a connection are complete once it is closed.</summary>
    private const string Unpooled = "Pooling=false;Application Name=read-cost";

    [Fact]
    public async Task No_view_reads_rows_of_others()
    {
        await using var world = await FilledService.StartAsync(postgres, Unpooled);
        await AddOthersAsync(world);
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        var idle = await SessionsAsync(connection);
        var costs = new List<string>();
        foreach (var path in world.Document["paths"]!.AsObject().Where(p => p.Value!["get"] is not null).Select(p => p.Key))
        {
            var before = await ReadsAsync(connection);
            var target = Parameter().Replace(path, name => world.Ids[name.Value == "{instruction}" ? "instructions" : path.Split('/')[2]][0]);
            using var response = await world.Service.Client.GetAsync($"{target}?limit=1", HttpCompletionOption.ResponseHeadersRead);
            ((int)response.StatusCode).ShouldBeLessThan(500, path);
            if (!path.EndsWith("/events", StringComparison.Ordinal))
                await response.Content.ReadAsByteArrayAsync();
            response.Dispose();
            await Wait.UntilAsync(async () => await SessionsAsync(connection) <= idle, awaited: $"the end of {path}");
            var reads = (await ReadsAsync(connection)).Select(t => (Table: t.Key, Rows: t.Value - before.GetValueOrDefault(t.Key)))
                .Where(t => t.Rows > 0).ToList();
            if (reads.Sum(r => r.Rows) > MostRows)
                costs.Add($"{path}: {string.Join(", ", reads.Select(r => $"{r.Rows} of {r.Table}"))}");
        }

        costs.ShouldBeEmpty();
    }

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();

    /// <summary>Older than what is asked for, so that a list of one shows none of them.</summary>
    private static async Task AddOthersAsync(FilledService world)
    {
        const string id = "lpad(g::text, 32, '0')";
        await world.CopyAsync("instruction_sets", OtherLists, "true", ("id", $"'set_' || {id}"));
        await world.CopyAsync("instructions", Others, "t.ordinal = 0", ("id", $"'ins_a' || g"), ("set_id", $"'set_' || lpad('1', 32, '0')"), ("ordinal", "g"));
        await world.CopyAsync("instructions", Others, "t.ordinal = 1 AND t.set_id NOT LIKE 'set_000%'", ("id", $"'ins_b' || g"), ("set_id", $"'set_' || lpad('2', 32, '0')"), ("ordinal", "g"));
        await world.CopyAsync("models", OtherLists, "true", ("id", $"'mdl_' || {id}"));
        await world.CopyAsync("runs", OtherLists, "true", ("id", $"'run_' || {id}"));
        await world.CopyAsync("run_rounds", OtherLists, "true", ("run_id", $"'run_' || {id}"));
        (string, string) run = ("run_id", "'run_' || lpad('1', 32, '0')"), item = ("instruction_id", "'ins_a' || g");
        await world.CopyAsync("run_items", Others, "t.ordinal = 0", run, item, ("ordinal", "g"));
        foreach (var (table, key) in new[] { ("answers", "index = 0"), ("judgements", "subject = 'a0'"), ("nodes", "path = 'r.0'"), ("pairs", "true"), ("refiner_examples", "source = 'a0'") })
            await world.CopyAsync(
                table, Others, $"t.{key} AND t.run_id NOT LIKE 'run_000%' AND t.instruction_id = '{world.Ids["instructions"][0]}'".Replace("t.true", "true", StringComparison.Ordinal),
                [run, item, .. table == "pairs" ? [("id", "'pair_' || g")] : Array.Empty<(string, string)>()]);
        await world.CopyAsync("benchmark_sets", OtherLists, "true", ("id", $"'bmk_' || {id}"));
        await world.CopyAsync("benchmark_items", Others, "t.ordinal = 0", ("set_id", "'bmk_' || lpad('1', 32, '0')"), ("ordinal", "g"), ("key", "'k' || g"));
        await world.CopyAsync("evaluations", OtherLists, $"t.id = '{world.Ids["evaluations"][0]}'", ("id", $"'evl_' || {id}"));
        await world.CopyAsync("evaluation_results", Others, $"t.ordinal = 0 AND t.evaluation_id = '{world.Ids["evaluations"][0]}'", ("evaluation_id", "'evl_' || lpad('1', 32, '0')"), ("ordinal", "g"));
        await world.CopyAsync("datasets", OtherLists, "true", ("id", $"'ds_' || {id}"));
        await world.CopyAsync("dataset_rows", Others, "t.ordinal = 0", ("dataset_id", "'ds_' || lpad('1', 32, '0')"), ("ordinal", "g"));
        await world.CopyAsync("training_runs", OtherLists, "true", ("id", $"'trn_' || {id}"));
        await world.ExecuteAsync(
            $$"""
            INSERT INTO spar.training_metrics (training_run_id, step, "values", read_at)
                SELECT 'trn_' || lpad('1', 32, '0'), g, '{}', now() FROM generate_series(1, {{Others}}) g;
            INSERT INTO spar.training_dropped_rows (training_run_id, ordinal, row_id, reason)
                SELECT 'trn_' || lpad('1', 32, '0'), g, 'a', 'b' FROM generate_series(1, {{Others}}) g;
            """);
        await world.CopyAsync("api_keys", OtherLists, $"t.id = '{world.Ids["keys"][0]}'", ("id", $"'key_' || {id}"));
        await world.CopyAsync("audit_log", Others, "t.id = (SELECT min(id) FROM spar.audit_log)", ("id", $"'aud_' || {id}"));
        await world.ExecuteAsync("ANALYZE");
    }

    private static async Task<Dictionary<string, long>> ReadsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT t.relname::text, coalesce(t.seq_tup_read, 0) + coalesce((
                SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid), 0)::bigint
            FROM pg_stat_user_tables t WHERE t.schemaname = 'spar'
            """, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var reads = new Dictionary<string, long>();
        while (await reader.ReadAsync())
            reads[reader.GetString(0)] = reader.GetInt64(1);
        return reads;
    }

    private static async Task<long> SessionsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'read-cost'", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
