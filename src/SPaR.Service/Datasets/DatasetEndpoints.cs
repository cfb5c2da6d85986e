using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Models;

namespace SPaR.Service.Datasets;

/// <summary>Uploads and lists training data.</summary>
internal static class DatasetEndpoints
{
    private const string NdjsonType = "application/x-ndjson";
    private const int NameLimit = 200;

    public static void MapDatasets(this IEndpointRouteBuilder api)
    {
        var datasets = api.MapGroup("/datasets").WithTags("Datasets");
        datasets.MapPost("", Upload).RequireScope(Scope.Submit).WithName("UploadDataset")
            .WithSummary("Upload training data as NDJSON, in one of five formats")
            .WithDescription(
                "format: trl, trl-standard, llamafactory, openai (preferences, as /v1/runs/{id}/preferences exports them) or sft "
                + "(conversations to imitate: the assistant's messages, except those with \"weight\": 0). The body may be as long as "
                + "the key's max_body_bytes. Either all rows are stored or none; errors name line and field. A dataset never changes; "
                + "sha256 is that of its rows, independent of the format.")
            .Accepts<object>(NdjsonType)
            .WithMetadata(new BodyExample(
                """
                {
                  "prompt": [{ "role": "user", "content": "Name three colours. Use lower case only." }],
                  "chosen": [{ "role": "assistant", "content": "red, green, blue" }],
                  "rejected": [{ "role": "assistant", "content": "Red, Green, Blue" }]
                }
                """, NdjsonType));
        datasets.MapGet("", List).RequireScope(Scope.Read).WithName("ListDatasets").WithSummary("List uploaded datasets, newest first");
        datasets.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetDataset").WithSummary("One uploaded dataset");
        datasets.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteDataset")
            .WithSummary("Delete a dataset that no training still needs")
            .WithDescription("A training needs it until it has succeeded or is cancelled. Models keep its SHA-256 in their lineage.");
    }

    private static async Task<Results<Created<DatasetView>, InvalidProblem>> Upload(
        HttpRequest request, SparDb db, TimeProvider time, CancellationToken cancellationToken, string format = "trl", string? name = null)
    {
        if (!EnumName.TryParse<DatasetFormat>(format, out var known))
            return InvalidProblem.Of("unknown-format", new FieldError("format", $"must be one of {Formats}, not '{format}'."));
        if (name is not null && (string.IsNullOrWhiteSpace(name) || name.Length > NameLimit))
            return InvalidProblem.Of("invalid-name", new FieldError("name", $"must have 1 to {NameLimit} characters."));
        // Each line has a limit and is stored as it arrives, so the whole body may be as long as the key allows.
        BodyLimits.RaiseForUpload(request.HttpContext);
        var dataset = await new DatasetIntake(db, time, name ?? format, known)
            .TakeAsync(NdjsonReader.ReadAsync(request.BodyReader, cancellationToken), cancellationToken);
        return TypedResults.Created($"/v1/datasets/{dataset.Id}", DatasetView.Of(dataset));
    }

    private static string Formats => string.Join(", ", Enum.GetValues<DatasetFormat>().Select(EnumName.Of));

    private static async Task<Ok<Page<DatasetView>>> List([AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.Datasets.AsNoTracking().Where(d => page.After == null || string.Compare(d.Id, page.After) < 0)
            .OrderByDescending(d => d.Id).Take(page.Take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(DatasetView.Of), d => d.Id));
    }

    private static async Task<Results<Ok<DatasetView>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Datasets.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id, cancellationToken) is { } dataset
            ? TypedResults.Ok(DatasetView.Of(dataset))
            : NotFoundProblem.Of("dataset", id);

    private static Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, CancellationToken cancellationToken)
    {
        return Deleted.AnswerAsync<Dataset>(db, "dataset", id, RefusalAsync, null, cancellationToken);

        async Task<ConflictProblem?> RefusalAsync()
        {
            var users = await TrainingSourceUsers.OfAsync(db, "upload", id, cancellationToken);
            return users is [] ? null : Deleted.InUse("dataset", id, users);
        }
    }
}

/// <param name="Sha256">Of the rows in order, independent of the format.</param>
internal sealed record DatasetView(string Id, string Name, DatasetFormat Format, int Count, string Sha256, DateTimeOffset CreatedAt)
{
    public static DatasetView Of(Dataset d) => new(d.Id, d.Name, d.Format, d.Count, d.Sha256, d.CreatedAt);
}
