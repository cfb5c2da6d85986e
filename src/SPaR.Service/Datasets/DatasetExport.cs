using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Items;
using SPaR.Service.Http;

namespace SPaR.Service.Datasets;

/// <summary>Writes the rows of a dataset in a format, to a file of a kind. The same dataset gives the same bytes. Holds a page of rows in
/// memory, of a Parquet file a row group.</summary>
internal sealed class DatasetExport(IDbContextFactory<SparDb> databases, Dataset dataset, PreferenceFormat format)
{
    /// <summary>The kinds of files, as users write them.</summary>
    public static IReadOnlyDictionary<string, string> ContentTypes { get; } = new Dictionary<string, string>
    {
        ["jsonl"] = "application/x-ndjson",
        ["jsonl.gz"] = "application/gzip",
        ["parquet"] = "application/vnd.apache.parquet",
        ["zip"] = "application/zip",
    };

    /// <param name="kind">One of <see cref="ContentTypes"/>.</param>
    /// <param name="card">README.md, for a zip.</param>
    public async Task WriteAsync(Stream file, string kind, string card)
    {
        switch (kind)
        {
            case "jsonl":
                await WriteLinesAsync(file);
                break;
            case "jsonl.gz":
                await using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
                    await WriteLinesAsync(gzip);
                break;
            case "parquet":
                await ParquetExport.WriteAsync(file, DatasetColumns.Of(dataset.Kind, format), Rows());
                break;
            default:
                await WriteZipAsync(file, card);
                break;
        }
    }

    public IAsyncEnumerable<object> Rows() => PagedRows.ReadAsync(
            databases, -1,
            (db, after) => db.DatasetRows.AsNoTracking().Where(r => r.DatasetId == dataset.Id && r.Ordinal > after).OrderBy(r => r.Ordinal),
            row => row.Ordinal, row => row.Length)
        .Select(row => DatasetExportRow.Of(format, row));

    private async Task WriteLinesAsync(Stream file)
    {
        await foreach (var row in Rows())
        {
            await file.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(row, row.GetType(), ApiJson.Options));
            file.WriteByte((byte)'\n');
        }
    }

    /// <summary>A folder as a hub takes it: the card, and the rows where the card says they are.</summary>
    private async Task WriteZipAsync(Stream file, string card)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        await AddAsync(zip, "README.md", entry => entry.WriteAsync(Encoding.UTF8.GetBytes(card)).AsTask());
        if (format is PreferenceFormat.Llamafactory)
            await AddAsync(zip, "dataset_info.json", entry => JsonSerializer.SerializeAsync(
                entry, new Dictionary<string, DatasetInfo> { [dataset.Name] = DatasetInfo.Of(DatasetCard.RowsFile, dataset.Kind) },
                ApiJson.Options));
        await AddAsync(zip, DatasetCard.RowsFile, WriteLinesAsync);
    }

    private async Task AddAsync(ZipArchive zip, string name, Func<Stream, Task> write)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Optimal);
        // Not the time of this request: the bytes must not depend on it.
        entry.LastWriteTime = dataset.CreatedAt;
        await using var stream = await entry.OpenAsync();
        await write(stream);
    }
}

/// <summary>Builds a row of each format, with exactly the fields that its readers accept.</summary>
internal static class DatasetExportRow
{
    public static object Of(PreferenceFormat format, DatasetRow row)
    {
        if (row.Chosen is { } chosen && row.Rejected is { } rejected)
            return format is PreferenceFormat.Spar
                ? new FrozenRow(row.Messages, chosen, rejected, row.Metadata, row.PairId, row.Facts)
                : PreferenceRow.Preference(format, [.. row.Messages.Select(m => m.ToChat())], chosen, rejected);
        return format switch
        {
            PreferenceFormat.Spar => new ExampleRow(row.Messages, row.Metadata),
            PreferenceFormat.Openai => new WeightedRow(row.Messages),
            _ => new ConversationRow([.. row.Messages.Select(m => m.ToChat())]),
        };
    }
}

/// <param name="Pair">The pair that it was frozen from.</param>
internal sealed record FrozenRow(
    IReadOnlyList<TrainingMessage> Messages, string Chosen, string Rejected, JsonNode? Metadata, string? Pair,
    PairFacts? Facts);

internal sealed record ExampleRow(IReadOnlyList<TrainingMessage> Messages, JsonNode? Metadata);

/// <summary>OpenAI's: an assistant message with weight 0 is not learnt.</summary>
internal sealed record WeightedRow(IReadOnlyList<TrainingMessage> Messages);

internal sealed record ConversationRow(IReadOnlyList<ChatMessage> Messages);
