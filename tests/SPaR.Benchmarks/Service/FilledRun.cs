namespace SPaR.Benchmarks.Service;

/// <summary>A run with a pair for every instruction of every round, each with the answer and the node that it came from, written by SQL
/// as copies of a real run's rows.</summary>
internal static class FilledRun
{
    private const string Id = "run_0000000000000000000000000000be4c";

    /// <param name="template">A run that has pairs.</param>
    /// <returns>The run's id.</returns>
    public static async Task<string> CreateAsync(
        ServiceUnderTest service, string template, string set, int rounds, CancellationToken cancellationToken)
    {
        await service.ExecuteAsync(Texts, cancellationToken);
        string One(string table, string where = "true") => $"(SELECT * FROM spar.{table} WHERE run_id = '{template}' AND {where} LIMIT 1)";
        const string rejected = "left(md5(g::text) || x.text, 600)", chosen = "left(md5((-g)::text) || x.text, 620)";
        await CopyAsync(
            "runs", $"(SELECT * FROM spar.runs WHERE id = '{template}')", "(SELECT 1) s", $"'id', '{Id}', 'set_id', '{set}'");
        await CopyAsync("run_rounds", One("run_rounds", "round = 1"), $"generate_series(1, {rounds}) r", $"'run_id', '{Id}', 'round', r");
        var items =
            $"""
            (SELECT i.id AS instruction, i.ordinal, r AS round, r * 1000000 + i.ordinal AS g
             FROM generate_series(1, {rounds}) r, spar.instructions i WHERE i.set_id = '{set}' ORDER BY r, i.ordinal) s
            JOIN spar_bench_texts x ON x.n = s.g % 1000
            """;
        const string key = $"'run_id', '{Id}', 'round', s.round, 'instruction_id', s.instruction";
        await CopyAsync("run_items", One("run_items", "state = 'paired'"), items, $"{key}, 'ordinal', s.ordinal");
        await CopyAsync("answers", One("answers", "index = 0"), items, $"{key}, 'text', {rejected}");
        await CopyAsync("nodes", One("nodes", "path = 'r.0'"), items, $"{key}, 'text', {chosen}, 'reply', {chosen}");
        await CopyAsync(
            "pairs", One("pairs"), items,
            $"{key}, 'id', 'pair_' || md5(g::text), 'chosen', {chosen}, 'chosen_from', 'r.0', 'rejected', {rejected}, "
            + "'rejected_from', 'a0'");
        await service.ExecuteAsync("VACUUM ANALYZE", cancellationToken);
        return Id;

        async Task CopyAsync(string table, string from, string rows, string changes)
        {
            var columns = await service.ExecuteAsync(
                $"""
                SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
                WHERE table_schema = 'spar' AND table_name = '{table}' AND is_generated = 'NEVER'
                """, cancellationToken);
            // Foreign keys are not checked row by row: the rows are right by construction.
            await service.ExecuteAsync(
                $"""
                SET session_replication_role = replica;
                INSERT INTO spar.{table} ({columns}) SELECT {columns} FROM (
                    SELECT (jsonb_populate_record(t::spar.{table}, jsonb_build_object({changes}))).* FROM {from} t, {rows}) copied
                """, cancellationToken);
        }
    }

    /// <summary>A thousand texts of words between which a difference can be seen.</summary>
    private const string Texts =
        """
        CREATE TABLE spar_bench_texts AS
        SELECT n, string_agg(
            left(translate(md5(n || '-' || k), '0123456789', 'ghijklmnop'), 3 + (n * 7 + k * 5) % 7), ' ' ORDER BY k) AS text
        FROM generate_series(0, 999) n, generate_series(1, 120) k GROUP BY n
        """;
}
