using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Datasets;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Trainings;
using SPaR.Service.Uploads;

namespace SPaR.Service.OpenAi;

/// <summary>Files in OpenAI's form. An uploaded file is a dataset, and the results of a training can be read as a file.</summary>
internal static class FileEndpoints
{
    private static readonly UploadOptions Options = UploadOptions.Default with { Unknown = UnknownColumns.Ignore };

    public static void MapFiles(this IEndpointRouteBuilder openAi)
    {
        var files = openAi.MapGroup("/files");
        files.MapPost("", Upload).RequireScope(Scope.Submit).LimitStreams().WithName("CreateFile")
            .Idempotent("RetrieveFile", typeof(Dataset))
            .Accepts<FileForm>(MultipartUpload.ContentType).WithSummary("Upload training data")
            .WithDescription(
                "purpose: fine-tune. The rows are checked at once: chat messages, or preferences with input, preferred_output and "
                + "non_preferred_output; either all are stored or none. The file is a dataset of /v1/datasets with the same id.");
        files.MapGet("", List).RequireScope(Scope.Read).WithName("ListFiles").WithSummary("List files, newest first")
            .WithDescription("order: desc (the default) or asc. purpose: fine-tune. The result of a job is not listed; the job names it.");
        files.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("RetrieveFile").WithSummary("A file");
        files.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteFile")
            .WithSummary("Delete a file that no training still needs");
        files.MapGet("/{id}/content", Content).RequireScope(Scope.Read).LimitStreams().WithName("DownloadFile")
            .WithSummary("The rows of a file, in OpenAI's form; of a job's result its metrics, as CSV")
            .Produces(StatusCodes.Status200OK, contentType: "text/csv");
    }

    private static async Task<Results<Ok<OpenAiFile>, InvalidProblem>> Upload(
        HttpContext http, SparDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var form = await MultipartUpload.ReceiveAsync(http, cancellationToken);
        var errors = new List<FieldError>();
        if (!form.Fields.TryGetValue("purpose", out var purpose))
            errors.Add(new("purpose", $"is missing; give {OpenAiFile.FineTune}."));
        else if (purpose != OpenAiFile.FineTune)
            errors.Add(new("purpose", $"'{purpose}' is not supported here; give {OpenAiFile.FineTune}."));
        foreach (var other in form.Fields.Keys.Where(name => name != "purpose"))
            errors.Add(new(other, "is not supported here; leave it out. Files are kept until they are deleted."));
        if (form.File is null)
            errors.Add(new(MultipartUpload.FilePart, "is missing; give a file with one JSON object per line."));
        var name = string.IsNullOrWhiteSpace(form.FileName) ? "upload.jsonl" : form.FileName;
        if (ResourceName.Fault(name) is not null)
            errors.Add(new(MultipartUpload.FilePart, "has a name of more than 200 characters, or one with U+0000; rename it."));
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-file", errors);
        using var intake = new DatasetIntake(db, time, name, Options);
        return TypedResults.Ok(OpenAiFile.Of(await intake.TakeAsync(form.File!, cancellationToken)));
    }

    private static async Task<Results<Ok<OpenAiList<OpenAiFile>>, InvalidProblem>> List(
        [AsParameters] OpenAiPage page, SparDb db, CancellationToken cancellationToken, string? purpose = null, string order = "desc")
    {
        if (order is not ("asc" or "desc"))
            return InvalidProblem.Of("invalid-page", new FieldError("order", $"Unknown order '{order}'; use asc or desc."));
        var (size, after) = (page.SizeOr(OpenAiPage.Largest), page.AfterId);
        if (purpose is not (null or OpenAiFile.FineTune))
            return TypedResults.Ok(OpenAiList<OpenAiFile>.Of([], size, f => f.Id));
        var rows = db.Datasets.AsNoTracking();
        rows = order == "asc"
            ? rows.Where(d => after == null || string.Compare(d.Id, after) > 0).OrderBy(d => d.Id)
            : rows.Where(d => after == null || string.Compare(d.Id, after) < 0).OrderByDescending(d => d.Id);
        var found = await rows.Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(OpenAiList<OpenAiFile>.Of(found.ConvertAll(OpenAiFile.Of), size, f => f.Id));
    }

    private static async Task<Results<Ok<OpenAiFile>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken)
    {
        if (await db.Datasets.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id, cancellationToken) is { } dataset)
            return TypedResults.Ok(OpenAiFile.Of(dataset));
        return await FindResultAsync(db, id, cancellationToken) is { } run
            ? TypedResults.Ok(OpenAiFile.OfResult(run, Encoding.UTF8.GetByteCount(await ResultAsync(db, id, cancellationToken))))
            : NotFoundProblem.Of("file", id);
    }

    private static async Task<Results<Ok<FileDeleted>, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, DatasetFiles files, CancellationToken cancellationToken)
    {
        if (await FindResultAsync(db, id, cancellationToken) is not null)
            return ConflictProblem.Of(
                "file-is-result", $"'{id}' is the result of a fine-tuning job and goes with it: DELETE /v1/training-runs/{id}.");
        return (await DatasetEndpoints.Delete(id, db, files, cancellationToken)).Result switch
        {
            NotFoundProblem => NotFoundProblem.Of("file", id),
            ConflictProblem inUse => inUse,
            _ => TypedResults.Ok(new FileDeleted(id, true)),
        };
    }

    private static async Task<Results<Ndjson<object>, ContentHttpResult, NotFoundProblem>> Content(
        string id, SparDb db, IDbContextFactory<SparDb> databases, CancellationToken cancellationToken)
    {
        if (await FindResultAsync(db, id, cancellationToken) is not null)
            return TypedResults.Text(await ResultAsync(db, id, cancellationToken), "text/csv");
        if (await db.Datasets.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id, cancellationToken) is not { } dataset)
            return NotFoundProblem.Of("file", id);
        return new Ndjson<object>(new DatasetExport(databases, dataset, PreferenceFormat.Openai).Rows(), $"{id}.jsonl");
    }

    private static Task<TrainingRun?> FindResultAsync(SparDb db, string id, CancellationToken cancellationToken) =>
        FineTuningJobs.In(db).FirstOrDefaultAsync(r => r.Id == id && r.Status == RunStatus.Succeeded, cancellationToken);

    /// <summary>A line for each step, with the losses under OpenAI's names.</summary>
    private static async Task<string> ResultAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        var steps = await db.TrainingMetrics.AsNoTracking().Where(m => m.TrainingRunId == id).OrderBy(m => m.Step)
            .Select(m => m.Values).ToListAsync(cancellationToken);
        return MetricsCsv.Of(steps.ConvertAll(JsonNode (values) => new JsonObject(values.AsObject().Select(
            field => KeyValuePair.Create(NameOf(field.Key), field.Value?.DeepClone())))));

        static string NameOf(string metric) => metric switch { "loss" => "train_loss", "eval_loss" => "valid_loss", _ => metric };
    }
}

/// <summary>The form of an upload, for the OpenAPI document.</summary>
/// <param name="File">One JSON object per line.</param>
/// <param name="Purpose"><c>fine-tune</c>.</param>
internal sealed record FileForm(IFormFile File, string Purpose);

/// <param name="Bytes">Of the upload; 0 where it is not known.</param>
/// <param name="CreatedAt">In seconds since 1970.</param>
internal sealed record OpenAiFile(string Id, long Bytes, long CreatedAt, string Filename, string Purpose)
{
    public const string FineTune = "fine-tune", Results = "fine-tune-results";

    public string Object { get; } = "file";

    public string Status { get; } = "processed";

    public static OpenAiFile Of(Dataset d) => new(d.Id, d.Bytes ?? 0, d.CreatedAt.ToUnixTimeSeconds(), d.Name, FineTune);

    public static OpenAiFile OfResult(TrainingRun run, long bytes) =>
        new(run.Id, bytes, run.FinishedAt!.Value.ToUnixTimeSeconds(), "step_metrics.csv", Results);
}

internal sealed record FileDeleted(string Id, bool Deleted)
{
    public string Object { get; } = "file";
}
