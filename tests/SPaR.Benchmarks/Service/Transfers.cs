using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace SPaR.Benchmarks.Service;

/// <summary>Exports and imports through the API, next to psql's <c>\copy</c> of the same rows.</summary>
internal sealed class Transfers(ServiceUnderTest service)
{
    private readonly string _lines = Path.Combine(service.Folder, "rows.jsonl"), _copy = Path.Combine(service.Folder, "rows.copy");

    /// <returns>And the set's id.</returns>
    public async Task<(Transfer Transfer, string Set)> ImportInstructionsAsync(int count, CancellationToken cancellationToken)
    {
        await using (var lines = new StreamWriter(_lines))
        {
            for (var i = 0; i < count; i++)
            {
                var prompt = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Write a short note to customer {i} about order {i * 7919L % 1_000_003}: say that it is late, name a new day, and "
                    + $"offer {i % 50} percent off the next one. Use no commas, at most {20 + i % 60} words, and end with a question.");
                await lines.WriteLineAsync(new JsonObject { ["prompt"] = prompt }.ToJsonString());
            }
        }

        var (api, set) = await UploadAsync("/v1/instruction-sets?name=filled", cancellationToken);
        return (new(count, api, await CopyBackAsync("instructions", "set_id", set, "instruction_sets", cancellationToken)), set);
    }

    /// <summary>Twice each, in turn; the better one counts.</summary>
    public async Task<Transfer> ExportAsync(string run, int count, CancellationToken cancellationToken)
    {
        var (api, copy) = (double.MaxValue, double.MaxValue);
        for (var turn = 0; turn < 2; turn++)
        {
            api = Math.Min(api, await TimeAsync(() => DownloadAsync($"/v1/runs/{run}/preferences", cancellationToken)));
            copy = Math.Min(copy, await CopyAsync(
                $"""
                (SELECT i.messages, p.chosen, p.rejected FROM spar.run_items r JOIN spar.pairs p USING (run_id, round, instruction_id)
                JOIN spar.instructions i ON i.id = r.instruction_id WHERE r.run_id = '{run}' ORDER BY r.round, r.ordinal)
                """, "TO", cancellationToken));
        }

        if (File.ReadLines(_lines).Count() is var lines && lines != count)
            throw new InvalidOperationException($"The export has {lines} rows, not {count}.");
        return new(count, api, copy);
    }

    /// <summary>Of what was exported.</summary>
    public async Task<Transfer> ImportPairsAsync(int count, CancellationToken cancellationToken)
    {
        var (api, dataset) = await UploadAsync("/v1/datasets?format=trl&name=filled", cancellationToken);
        return new(count, api, await CopyBackAsync("dataset_rows", "dataset_id", dataset, "datasets", cancellationToken));
    }

    private async Task<(double Seconds, string Id)> UploadAsync(string address, CancellationToken cancellationToken)
    {
        await service.ExecuteAsync("CHECKPOINT", cancellationToken);
        await using var file = File.OpenRead(_lines);
        var stored = new JsonObject();
        var seconds = await TimeAsync(async () =>
            stored = (await service.PostAsync(address, new StreamContent(file), cancellationToken)).AsObject());
        return (seconds, $"{stored["id"]}");
    }

    /// <summary>Copies the rows of an upload out and into a table with the same columns, indexes and foreign key.</summary>
    private async Task<double> CopyBackAsync(
        string table, string owner, string id, string owners, CancellationToken cancellationToken)
    {
        await CopyAsync($"(SELECT * FROM spar.{table} WHERE {owner} = '{id}')", "TO", cancellationToken);
        await service.ExecuteAsync(
            $"""
            CREATE TABLE spar_bench_{table} (LIKE spar.{table} INCLUDING ALL,
                FOREIGN KEY ({owner}) REFERENCES spar.{owners} (id) ON DELETE CASCADE);
            CHECKPOINT
            """, cancellationToken);
        var seconds = await CopyAsync($"spar_bench_{table}", "FROM", cancellationToken);
        await service.ExecuteAsync($"DROP TABLE spar_bench_{table}", cancellationToken);
        return seconds;
    }

    private Task<double> CopyAsync(string what, string direction, CancellationToken cancellationToken) => TimeAsync(
        () => service.PsqlAsync($"\\copy {what.ReplaceLineEndings(" ")} {direction} '{_copy}'", cancellationToken));

    private async Task DownloadAsync(string address, CancellationToken cancellationToken)
    {
        using var response = await service.Http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        await using var file = File.Create(_lines);
        await response.Content.CopyToAsync(file, cancellationToken);
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
