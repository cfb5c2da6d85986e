using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Models;

namespace SPaR.Service.Datasets;

/// <summary>Serves a dataset as a file in the formats of training tools, and its statistics.</summary>
internal static class DatasetFileEndpoints
{
    /// <summary>Grows when the statistics get another form, as those of datasets are kept.</summary>
    private const string StatisticsFile = "statistics-1.json";

    private const string Folder = "zip";

    public static void MapDatasetFiles(this IEndpointRouteBuilder api)
    {
        var file = api.MapGroup("/datasets/{id}/file").RequireScope(Scope.Read).LimitStreams().WithTags("Datasets");
        file.MapGet("", Get).WithName("GetDatasetFile").WithSummary("Download a dataset in the format of a training tool")
            .WithDescription(
                "format: spar (the default) has everything, with what was known of the pairs; trl, trl-standard (plain texts, if every "
                + "prompt is one message), llamafactory, openai. as: jsonl (the default), jsonl.gz, parquet, or zip, a folder for a hub "
                + "with a dataset card. All can be uploaded again. The file is made on the first request and then kept, so its bytes never "
                + "change: ETag is their SHA-256. Resume an interrupted download with Range and If-Range. Also takes HEAD.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream")
            .Produces<Stream>(StatusCodes.Status206PartialContent, "application/octet-stream")
            .Produces(StatusCodes.Status304NotModified).Produces(StatusCodes.Status416RangeNotSatisfiable);
        file.MapMethods("", [HttpMethods.Head], Get).ExcludeFromDescription();
        api.MapGet("/datasets/{id}/statistics", Statistics).RequireScope(Scope.Read).LimitStreams().WithTags("Datasets")
            .WithName("GetDatasetStatistics").WithSummary("Lengths, values, similarities and duplicates of a dataset")
            .WithDescription("Lengths are in characters. Computed on the first request and then kept.");
    }

    private static async Task<Results<PhysicalFileHttpResult, NotFoundProblem, InvalidProblem, ConflictProblem>> Get(
        string id, SparDb db, IDbContextFactory<SparDb> databases, DatasetFiles files, FileHashes hashes,
        CancellationToken cancellationToken, string format = "spar", [FromQuery(Name = "as")] string? asked = null)
    {
        var errors = new List<FieldError>();
        var (known, kind) = (EnumChoice.Read<PreferenceFormat>("format", format, errors), asked ?? "jsonl");
        if (!DatasetExport.ContentTypes.TryGetValue(kind, out var type))
            errors.Add(new("as", $"is '{kind}'; use one of {string.Join(", ", DatasetExport.ContentTypes.Keys)}."));
        if (errors.Count > 0)
            return InvalidProblem.Of(errors[0].Field == "format" ? "unknown-format" : "invalid-parameter", errors);
        if (await db.Datasets.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id, cancellationToken) is not { } dataset)
            return NotFoundProblem.Of("dataset", id);
        if (await RefuseAsync(db, dataset, known, cancellationToken) is { } refusal)
            return refusal;
        var card = "";
        if (kind == Folder)
        {
            // Before the file, as no file may wait for another while it is made.
            if (await StatisticsAsync(dataset, databases, files, cancellationToken) is not { } statistics)
                return NotFoundProblem.Of("dataset", id);
            card = DatasetCard.Of(dataset, statistics);
        }

        var (export, name) = (new DatasetExport(databases, dataset, known), $"{format}.{kind}");
        try
        {
            var path = await files.GetAsync(id, name, stream => export.WriteAsync(stream, kind, card), cancellationToken);
            return TypedResults.PhysicalFile(
                path, type, $"{id}-{name}", File.GetLastWriteTimeUtc(path),
                new EntityTagHeaderValue($"\"{await hashes.OfAsync(path, cancellationToken)}\""), enableRangeProcessing: true);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return NotFoundProblem.Of("dataset", id);
        }
    }

    /// <summary>Whether the files of a dataset were deleted, with the dataset, while one was made or read.</summary>
    private static bool IsGone(Exception exception) => exception is DirectoryNotFoundException or FileNotFoundException;

    /// <returns>Null if the format can hold the dataset.</returns>
    private static async Task<ConflictProblem?> RefuseAsync(
        SparDb db, Dataset dataset, PreferenceFormat format, CancellationToken cancellationToken)
    {
        if (format is PreferenceFormat.TrlStandard)
            return dataset.Kind is DatasetKind.Conversations || await HasConversationAsync(db, dataset.Id, cancellationToken)
                ? PlainForm.Refuse("dataset", dataset.Id)
                : null;
        return dataset.Kind is DatasetKind.Conversations && format is PreferenceFormat.Trl or PreferenceFormat.Llamafactory
            && await HasWeightAsync(db, dataset.Id, cancellationToken)
            ? ConflictProblem.Of(
                "no-weights", $"The dataset '{dataset.Id}' has answers with weight 0, which are not learnt, and this format cannot say so. "
                + "Use the format openai or spar.")
            : null;
    }

    private static Task<bool> HasConversationAsync(SparDb db, string id, CancellationToken cancellationToken) =>
        db.Database.SqlQuery<bool>(
            $"""
            SELECT EXISTS (SELECT 1 FROM spar.dataset_rows WHERE dataset_id = {id} AND jsonb_array_length(messages) > 1) AS "Value"
            """).SingleAsync(cancellationToken);

    private static Task<bool> HasWeightAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        const string Weightless = """[{"weight": 0}]""";
        return db.Database.SqlQuery<bool>(
            $"""
            SELECT EXISTS (SELECT 1 FROM spar.dataset_rows WHERE dataset_id = {id} AND messages @> {Weightless}::jsonb) AS "Value"
            """).SingleAsync(cancellationToken);
    }

    private static async Task<Results<Ok<DatasetStatistics>, NotFoundProblem>> Statistics(
        string id, SparDb db, IDbContextFactory<SparDb> databases, DatasetFiles files, CancellationToken cancellationToken) =>
        await db.Datasets.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id, cancellationToken) is { } dataset
        && await StatisticsAsync(dataset, databases, files, cancellationToken) is { } statistics
            ? TypedResults.Ok(statistics)
            : NotFoundProblem.Of("dataset", id);

    /// <returns>Null if the dataset was deleted meanwhile.</returns>
    public static async Task<DatasetStatistics?> StatisticsAsync(
        Dataset dataset, IDbContextFactory<SparDb> databases, DatasetFiles files, CancellationToken cancellationToken)
    {
        try
        {
            var path = await files.GetAsync(
                dataset.Id, StatisticsFile, async stream => await JsonSerializer.SerializeAsync(
                    stream, await DatasetStatistics.OfAsync(databases, dataset), ApiJson.Options), cancellationToken);
            await using var file = File.OpenRead(path);
            return await JsonSerializer.DeserializeAsync<DatasetStatistics>(file, ApiJson.Options, cancellationToken);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return null;
        }
    }
}
