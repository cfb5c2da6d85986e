using Npgsql;

namespace SPaR.Integration.Tests.Idempotency;

/// <summary>What the database has of requests with an Idempotency-Key.</summary>
internal static class StoredRows
{
    /// <returns>All rows as text, their bytes read as Latin-1.</returns>
    public static async Task<string> OfAsync(string database) => await ExecuteAsync(
        database,
        """
        SELECT coalesce(string_agg(concat_ws(' ', caller, encode(key_hash, 'escape'), encode(request_hash, 'escape'), resource,
            encode(answer, 'escape')), E'\n'), '') FROM spar.idempotent_requests
        """) as string ?? "";

    public static async Task<object?> ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection($"{database};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
