using System.Text.RegularExpressions;
using Npgsql;

namespace SPaR.Integration.Tests.Http;

/// <summary>What a request costs does not depend on what else is stored: every GET of the OpenAPI document, in a database with thousands of
/// rows that it does not ask for, counted by PostgreSQL.</summary>
public sealed partial class ReadCostTests(PostgresFixture postgres)
{
    private const int Others = 2000, OtherLists = 1500, MostRows = 250;

    /// <summary>The statistics of a connection are complete once it is closed.</summary>
    private const string Reading = "reading";

    [Fact]
    public async Task No_view_reads_rows_of_others()
    {
        await using var world = await FilledService.StartAsync(postgres, $"Pooling=false;Application Name={Reading}");
        await AddOthersAsync(world);
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await Wait.UntilAsync(async () => await SessionsAsync(connection, FilledService.Filling) == 0);
        var idle = await SessionsAsync(connection, Reading);
        var costs = new List<string>();
        foreach (var path in world.Document["paths"]!.AsObject().Where(p => p.Value!["get"] is not null).Select(p => p.Key))
        {
            var target = Parameter().Replace(
                path, name => world.Ids[name.Value == "{instruction}" ? "instructions" : FilledService.ListOf(path)][0]);
            var reads = await CostAsync(world, connection, $"{target}?limit=1", idle);
            // The gauges of every service in this process are read whenever another test collects metrics; that is not the view's cost.
            if (reads.Sum(r => r.Rows) > MostRows)
                reads = await CostAsync(world, connection, $"{target}?limit=1", idle);
            if (reads.Sum(r => r.Rows) > MostRows)
                costs.Add($"{path}: {string.Join(", ", reads.Select(r => $"{r.Rows} of {r.Table}"))}");
        }

        costs.ShouldBeEmpty();
        (await CostAsync(world, connection, "/v1/pairs/pair_1", idle)).Sum(r => r.Rows).ShouldBeLessThan(
            MostRows, "a pair's view reads no other rows of its run");
        foreach (var format in new[] { "trl", "spar" })
        {
            var exported = await CostAsync(world, connection, $"/v1/runs/run_{1:D32}/preferences?format={format}", idle);
            // In a table of this size the planner may read all instructions for a page of 200 pairs.
            exported.Sum(r => r.Rows).ShouldBeLessThan(20 * Others, "an export reads the rows of a pair once");
        }
    }

    /// <returns>The rows that a request reads, by table.</returns>
    private static async Task<List<(string Table, long Rows)>> CostAsync(
        FilledService world, NpgsqlConnection connection, string target, long idle)
    {
        var before = await ReadsAsync(connection);
        using (var response = await world.Service.Client.GetAsync(target, HttpCompletionOption.ResponseHeadersRead))
        {
            ((int)response.StatusCode).ShouldBeLessThan(500, target);
            // The events of a training that has not ended do not end.
            if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
                await response.Content.ReadAsByteArrayAsync();
        }

        await Wait.UntilAsync(async () => await SessionsAsync(connection, Reading) <= idle, awaited: $"the end of {target}");
        return [.. (await ReadsAsync(connection)).Select(t => (t.Key, t.Value - before.GetValueOrDefault(t.Key))).Where(t => t.Item2 > 0)];
    }

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();

    /// <summary>Older than what is asked for, so that a list of one shows none of them.</summary>
    private static async Task AddOthersAsync(FilledService world)
    {
        const string id = "lpad(g::text, 32, '0')", one = "lpad('1', 32, '0')", two = "lpad('2', 32, '0')";
        const string old = "LIKE '%00000000%'";
        var evaluation = $"'{world.Ids["evaluations"][0]}'";
        await world.CopyAsync("instruction_sets", OtherLists, "true", ("id", $"'set_' || {id}"));
        await world.CopyAsync(
            "instructions", Others, "t.ordinal = 0", ("id", "'ins_a' || g"), ("set_id", $"'set_' || {one}"), ("ordinal", "g"));
        await world.CopyAsync(
            "instructions", Others, $"t.ordinal = 1 AND NOT t.set_id {old}", ("id", "'ins_b' || g"), ("set_id", $"'set_' || {two}"),
            ("ordinal", "g"));
        await world.CopyAsync("models", OtherLists, "true", ("id", $"'mdl_' || {id}"));
        await world.CopyAsync("runs", OtherLists, "true", ("id", $"'run_' || {id}"));
        await world.CopyAsync("run_rounds", OtherLists, "true", ("run_id", $"'run_' || {id}"));
        (string, string)[] item = [("run_id", $"'run_' || {one}"), ("instruction_id", "'ins_a' || g")];
        await world.CopyAsync("run_items", Others, "t.ordinal = 0", [.. item, ("ordinal", "g")]);
        var first = $"NOT t.run_id {old} AND t.instruction_id = '{world.Ids["instructions"][0]}'";
        await world.CopyAsync("answers", Others, $"{first} AND t.index = 0", item);
        await world.CopyAsync("judgements", Others, $"{first} AND t.subject = 'a0'", item);
        await world.CopyAsync("nodes", Others, $"{first} AND t.path = 'r.0'", item);
        await world.CopyAsync("pairs", Others, first, [.. item, ("id", "'pair_' || g")]);
        await world.CopyAsync("refiner_examples", Others, $"{first} AND t.source = 'a0'", item);
        await world.CopyAsync("benchmark_sets", OtherLists, "true", ("id", $"'bmk_' || {id}"));
        await world.CopyAsync(
            "benchmark_items", Others, "t.ordinal = 0", ("set_id", $"'bmk_' || {one}"), ("ordinal", "g"), ("key", "'k' || g"));
        await world.CopyAsync("evaluations", OtherLists, $"t.id = {evaluation}", ("id", $"'evl_' || {id}"));
        await world.CopyAsync(
            "evaluation_results", Others, $"t.ordinal = 0 AND t.evaluation_id = {evaluation}", ("evaluation_id", $"'evl_' || {one}"),
            ("ordinal", "g"));
        await world.CopyAsync("datasets", OtherLists, "true", ("id", $"'ds_' || {id}"), ("name", "'n' || g"));
        await world.CopyAsync("dataset_rows", Others, "t.ordinal = 0", ("dataset_id", $"'ds_' || {one}"), ("ordinal", "g"));
        await world.CopyAsync("training_runs", OtherLists, "true", ("id", $"'trn_' || {id}"));
        await world.ExecuteAsync(
            $$"""
            INSERT INTO spar.training_metrics (training_run_id, step, "values", read_at)
                SELECT 'trn_' || {{one}}, g, '{}', now() FROM generate_series(1, {{Others}}) g;
            INSERT INTO spar.training_dropped_rows (training_run_id, dataset, ordinal, row_id, reason)
                SELECT 'trn_' || {{one}}, 0, g, 'a', 'b' FROM generate_series(1, {{Others}}) g;
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

    private static async Task<long> SessionsAsync(NpgsqlConnection connection, string application)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{application}'", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
