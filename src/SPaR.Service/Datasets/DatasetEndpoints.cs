using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Models;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>Uploads, lists and deletes training data.</summary>
internal static class DatasetEndpoints
{
    public static void MapDatasets(this IEndpointRouteBuilder api)
    {
        var datasets = api.MapGroup("/datasets").WithTags("Datasets");
        datasets.MapPost("", Upload).RequireScope(Scope.Submit).LimitStreams().WithName("UploadDataset")
            .Idempotent("GetDataset", typeof(Dataset))
            .WithSummary("Upload training data as a file: NDJSON, JSON, CSV or Parquet")
            .WithDescription(
                UploadedFile.Description
                + "format: auto (the default) recognises the columns of the first row; otherwise one of "
                + $"{string.Join(", ", Formats)}. Preferences are read as /v1/runs/{{id}}/preferences exports them, and as other tools "
                + "write them; of conversations the assistant's messages are learnt, except those with \"weight\": 0. The answer says "
                + "how the file "
                + "was understood. Either all rows are stored or none, unless skip_invalid is true; errors name place and field. An "
                + "unknown column "
                + "is ignored; unknown=metadata keeps it, unknown=refuse makes it an error. map=prompt=question reads a column under "
                + "another name. A dataset never changes; sha256 is that of its rows, independent of the format.")
            .Accepts<object>(UploadedFile.ContentTypes[0], UploadedFile.ContentTypes[1..])
            .WithMetadata(new BodyExample(
                """
                {
                  "prompt": [{ "role": "user", "content": "Name three colours. Use lower case only." }],
                  "chosen": [{ "role": "assistant", "content": "red, green, blue" }],
                  "rejected": [{ "role": "assistant", "content": "Red, Green, Blue" }]
                }
                """, UploadedFile.ContentTypes[0]));
        datasets.MapGet("", List).RequireScope(Scope.Read).WithName("ListDatasets").WithSummary("List datasets, newest first")
            .WithDescription("name: only the versions of this name.");
        datasets.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetDataset").WithSummary("One dataset");
        datasets.MapGet("/{id}/rows", Rows).RequireScope(Scope.Read).WithName("ListDatasetRows")
            .WithSummary("The rows of a dataset, in order");
        datasets.MapGet("/{id}/skipped", Skipped).RequireScope(Scope.Read).WithName("ListSkippedDatasetRows")
            .WithSummary("The rows of the upload that were skipped, with their errors, in order");
        datasets.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteDataset")
            .WithSummary("Delete a dataset that no training still needs")
            .WithDescription("A training needs it until it has succeeded or is cancelled. Models keep its SHA-256 in their lineage.");
    }

    private static IReadOnlyList<string> Formats => [.. DatasetFormats.All.Select(f => f.Name)];

    private static async Task<Results<Created<DatasetView>, Ok<UploadPreview>, InvalidProblem, UnsupportedUploadProblem>> Upload(
        HttpContext http, [AsParameters] UploadQuery query, SparDb db, TimeProvider time, CancellationToken cancellationToken,
        string? name = null)
    {
        if (UploadedFile.RefusalOf(http.Request) is { } refusal)
            return refusal;
        if (name is not null && ResourceName.Fault(name) is { } fault)
            return InvalidProblem.Of("invalid-name", fault);
        var errors = new List<FieldError>();
        var options = query.Read(Formats, [UnknownColumns.Ignore, UnknownColumns.Metadata, UnknownColumns.Refuse], errors);
        if (errors.Count > 0)
            return InvalidProblem.Of(errors.Any(e => e.Field == "format") ? "unknown-format" : "invalid-upload", errors);
        await using var file = await UploadedFile.ReceiveAsync(http, cancellationToken);
        if (query.Preview is true)
        {
            using var reader = new UploadReader<DatasetDraft>(DatasetFormats.All, options);
            return TypedResults.Ok(await UploadPreview.OfAsync(reader, file, _ => [], cancellationToken));
        }

        using var intake = new DatasetIntake(db, time, name, options);
        var dataset = await intake.TakeAsync(file, cancellationToken);
        return TypedResults.Created($"/v1/datasets/{dataset.Id}", DatasetView.Of(dataset));
    }

    private static async Task<Ok<Page<DatasetView>>> List(
        [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken, string? name = null)
    {
        var rows = await db.Datasets.AsNoTracking().Where(d => name == null || d.Name == name).NewestFirst(page)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(DatasetView.Of), d => d.Id));
    }

    private static async Task<Results<Ok<DatasetView>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Datasets.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id, cancellationToken) is { } dataset
            ? TypedResults.Ok(DatasetView.Of(dataset))
            : NotFoundProblem.Of("dataset", id);

    private static async Task<Results<Ok<Page<DatasetRowView>>, NotFoundProblem>> Rows(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        if (!await db.Datasets.AnyAsync(d => d.Id == id, cancellationToken))
            return NotFoundProblem.Of("dataset", id);
        var after = page.AfterOrdinal;
        var rows = await db.DatasetRows.AsNoTracking().Where(r => r.DatasetId == id && r.Ordinal > after)
            .OrderBy(r => r.Ordinal).Take(page.Take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(DatasetRowView.Of), r => $"{r.Ordinal}"));
    }

    private static async Task<Results<Ok<Page<SkippedRow>>, NotFoundProblem>> Skipped(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken) =>
        await db.Datasets.AnyAsync(d => d.Id == id, cancellationToken)
            ? TypedResults.Ok(await SkippedRowPages.ReadAsync(db, id, page, cancellationToken))
            : NotFoundProblem.Of("dataset", id);

    internal static async Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, DatasetFiles files, CancellationToken cancellationToken)
    {
        var result = await Deleted.AnswerAsync<Dataset>(
            db, "dataset", id, RefusalAsync, () => SkippedRowPages.DeleteAsync(db, id, cancellationToken), cancellationToken);
        // After the row: what a crash leaves here is swept away later.
        if (result.Result is NoContent)
            files.Delete(id);
        return result;

        async Task<ConflictProblem?> RefusalAsync()
        {
            var users = await TrainingSourceUsers.OfAsync(db, "upload", id, cancellationToken);
            return users is [] ? null : Deleted.InUse("dataset", id, users);
        }
    }
}

/// <param name="Kind">Whether its rows are preferences or conversations.</param>
/// <param name="Sha256">Of the rows in order, independent of the format.</param>
/// <param name="Version">From 1; the next dataset of the same name has the next one.</param>
/// <param name="Format">Of the upload; <c>frozen</c> if it was frozen from runs.</param>
/// <param name="Upload">How the file was understood, and which rows were skipped; null if it was frozen from runs.</param>
/// <param name="Source">What it was frozen from; null for an upload.</param>
internal sealed record DatasetView(
    string Id, string Name, int Version, string Format, DatasetKind Kind, int Count, string Sha256, DateTimeOffset CreatedAt,
    UploadReport? Upload, DatasetOrigin? Source)
{
    public static DatasetView Of(Dataset d) => new(
        d.Id, d.Name, d.Version, d.Format, d.Kind, d.Count, d.Sha256, d.CreatedAt, d.Upload, d.Origin?.InOrder());
}

/// <param name="Ordinal">Position in the dataset, from 0.</param>
/// <param name="Place">Its place in the upload: <c>line 3</c>, <c>[2]</c>, <c>row 7</c>.</param>
/// <param name="Messages">Of a preference: the conversation up to the answer. Of an example: the whole conversation.</param>
/// <param name="Metadata">Columns that the format does not have, if they were kept. Of a frozen row: that of its instruction.</param>
/// <param name="Pair">The pair that it was frozen from; null, like the facts, in an upload.</param>
/// <param name="Facts">What was known of the pair when it was frozen.</param>
internal sealed record DatasetRowView(
    int Ordinal, string Place, IReadOnlyList<TrainingMessage> Messages, string? Chosen, string? Rejected, JsonNode? Metadata,
    string? Pair, PairFacts? Facts)
{
    public static DatasetRowView Of(DatasetRow r) =>
        new(r.Ordinal, r.Place, r.Messages, r.Chosen, r.Rejected, r.Metadata, r.PairId, r.Facts);
}
