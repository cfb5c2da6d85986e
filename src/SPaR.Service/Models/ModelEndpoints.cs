using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Models;

/// <summary>Registers GGUF files under the models folder and lists them.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder api)
    {
        var models = api.MapGroup("/models").WithTags("Models");
        models.MapPost("", Register).RequireScope(Scope.Submit).WithName("RegisterModel").Idempotent("GetModel", typeof(Model))
            .WithSummary("Register a GGUF file under the models folder")
            .WithDescription(
                "The file is checked and hashed, but not loaded. Registering the same path with the same content again returns the "
                + "existing model (200). With base, the file is a LoRA adapter in llama.cpp's format, and the model is that base with the "
                + "adapter applied. All models on one base share its weights in memory.")
            .WithMetadata(new BodyExample("""{ "path": "micro.gguf", "name": "micro" }"""));
        models.MapGet("", List).RequireScope(Scope.Read).WithName("ListModels").WithSummary("List models, newest first");
        models.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetModel").WithSummary("Get a model");
        models.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteModel")
            .WithSummary("Delete a model that no run, training, evaluation or adapter uses")
            .WithDescription(
                "Its file stays, unless file is true; only the files of trained, converted and uploaded models can be deleted.");
        api.MapGet("/templates", (IModelInspector inspector) => TypedResults.Ok(new TemplateList(inspector.Templates)))
            .WithTags("Models").RequireScope(Scope.Read).WithName("ListTemplates")
            .WithSummary("List the chat templates that a model can be registered with");
    }

    private static async Task<Results<Created<ModelView>, Ok<ModelView>, InvalidProblem>> Register(
        ModelRequest request, ModelFolder folder, ModelRegistrar registrar, CancellationToken cancellationToken)
    {
        var path = folder.Resolve(request.Path);
        var (baseModel, refusal) = await registrar.CheckAsync(request, cancellationToken);
        return refusal ?? await registrar.RegisterAsync(path, request, baseModel, null, cancellationToken);
    }

    private static async Task<Ok<Page<ModelView>>> List([AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.Models.AsNoTracking().NewestFirst(page).ToListAsync(cancellationToken);
        var adapters = await AdaptersAsync(rows, db, cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(m => ModelView.Of(m, adapters)), m => m.Id));
    }

    private static async Task<Results<Ok<ModelView>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Models.AsNoTracking().FirstOrDefaultAsync(m => m.Id == id, cancellationToken) is { } model
            ? TypedResults.Ok(await ViewAsync(model, db, cancellationToken))
            : NotFoundProblem.Of("model", id);

    internal static async Task<ModelView> ViewAsync(Model model, SparDb db, CancellationToken cancellationToken) =>
        ModelView.Of(model, await AdaptersAsync([model], db, cancellationToken));

    /// <returns>The adapters that were trained from one of the models or merged into one.</returns>
    private static async Task<IReadOnlyList<AdapterRow>> AdaptersAsync(
        IEnumerable<Model> models, SparDb db, CancellationToken cancellationToken)
    {
        var ids = models.Select(m => m.Id).ToArray();
        return await db.Database.SqlQuery<AdapterRow>(
            $"""
            SELECT id AS training_run, model_id, result_id, adapter AS path, adapter_sha256 AS sha256, adapter_bytes AS bytes
            FROM spar.training_runs WHERE adapter IS NOT NULL AND (model_id = ANY({ids}) OR result_id = ANY({ids})) ORDER BY id
            """).ToListAsync(cancellationToken);
    }

    internal static async Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, ModelFolder folder, CancellationToken cancellationToken, bool file = false)
    {
        var files = new List<string>();
        var result = await Deleted.AnswerAsync<Model>(
            db, "model", id, file ? FindFilesAsync : null, null, cancellationToken);
        // After the row: a crash here leaves a file that no model names, and never a model without its file.
        if (result.Result is NoContent)
            files.ForEach(path => File.Delete(folder.FullPath(path)));
        return result;

        async Task<ConflictProblem?> FindFilesAsync()
        {
            var model = await db.Models.AsNoTracking().SingleAsync(m => m.Id == id, cancellationToken);
            if (model is { TrainingRunId: null, ConversionId: null, Uploaded: false })
                return ConflictProblem.Of(
                    "file-not-trained", $"'{model.Path}' was put into the models folder by a person, and only the files of trained, "
                    + "converted and uploaded models are deleted with them. Leave out 'file', and remove the file yourself.");
            files.Add(model.Path);
            files.AddRange((await AdaptersAsync([model], db, cancellationToken)).Where(a => a.ResultId == id).Select(a => a.Path));
            var others = await db.Models.Where(m => m.Id != id && files.Contains(m.Path)).Select(m => m.Id).ToListAsync(cancellationToken);
            return others is [] ? null : Deleted.InUse("model", id, others);
        }
    }

    internal sealed record TemplateList(IReadOnlyList<string> Templates);
}

/// <param name="Path">The file, relative to the models folder.</param>
/// <param name="Name">Display name; the file's name by default.</param>
/// <param name="Template">One of <c>/v1/templates</c>. By default it is detected from the file; for an adapter it is the base's.</param>
/// <param name="Base">The base model if the file is an adapter.</param>
internal sealed record ModelRequest(string Path, string? Name = null, string? Template = null, string? Base = null);

/// <param name="Path">Relative to the models folder.</param>
/// <param name="Parameters">Number of weights in the file.</param>
/// <param name="ContextLength">In tokens.</param>
/// <param name="FileType">Type of most of the weights.</param>
/// <param name="Base">The base model of an adapter; path, sha256, bytes, parameters and file_type are then the adapter's. Null for a full
/// model.</param>
/// <param name="Lineage">The training that produced it; null for a registered model.</param>
/// <param name="Conversion">The conversion that produced it; null for others.</param>
/// <param name="Adapters">The adapters trained from it. An adapter that was not merged is also a model.</param>
internal sealed record ModelView(
    string Id, string Name, string Path, string Sha256, long Bytes, string Architecture, long Parameters, int ContextLength,
    int VocabularySize, string FileType, string Template, string? Base, ModelLineage? Lineage, string? Conversion,
    IReadOnlyList<ModelAdapter> Adapters, DateTimeOffset CreatedAt)
{
    public static ModelView Of(Model m, IReadOnlyList<AdapterRow> adapters) => new(
        m.Id, m.Name, m.Path, m.Sha256, m.Bytes, m.Architecture, m.Parameters, m.ContextLength, m.VocabularySize, m.FileType, m.Template,
        m.BaseId, ModelLineage.Of(m, adapters), m.ConversionId,
        [.. adapters.Where(r => r.ModelId == m.Id).Select(ModelAdapter.Of)], m.CreatedAt);
}

/// <summary>An adapter that a training run produced.</summary>
/// <param name="ModelId">The model that it was trained from.</param>
/// <param name="ResultId">The model that it was merged into or registered as.</param>
internal sealed record AdapterRow(string TrainingRun, string ModelId, string? ResultId, string Path, string Sha256, long Bytes);

internal sealed record ModelAdapter(string TrainingRun, string Path, string Sha256, long Bytes)
{
    public static ModelAdapter Of(AdapterRow row) => new(row.TrainingRun, row.Path, row.Sha256, row.Bytes);
}

/// <param name="Parent">The model that training started from.</param>
/// <param name="Run">The run whose round trained it; null, like the round, if a user created the training.</param>
/// <param name="Datasets">The training data: rounds of runs and uploads.</param>
/// <param name="DatasetSha256">SHA-256 of the training rows.</param>
/// <param name="Adapter">With LoRA: the adapter that was merged into it, or that it is.</param>
internal sealed record ModelLineage(
    string Parent, string TrainingRun, string? Run, int? Round, IReadOnlyList<TrainingSource> Datasets, string DatasetSha256,
    ModelAdapter? Adapter)
{
    public static ModelLineage? Of(Model m, IEnumerable<AdapterRow> adapters) =>
        m is { ParentId: not null, TrainingRunId: not null, Datasets: not null, DatasetHash: not null }
            ? new(
                m.ParentId, m.TrainingRunId, m.RunId, m.Round, m.Datasets.Value, m.DatasetHash,
                adapters.Where(r => r.ResultId == m.Id).Select(ModelAdapter.Of).FirstOrDefault())
            : null;
}
