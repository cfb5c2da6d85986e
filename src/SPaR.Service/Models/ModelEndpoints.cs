using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using SPaR.Abstractions;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Service.Models;

/// <summary>Registers GGUF files under the models folder and lists them.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder api)
    {
        var models = api.MapGroup("/models").WithTags("Models");
        models.MapPost("", Register).RequireScope(Scope.Submit).WithName("RegisterModel")
            .WithSummary("Register a GGUF file that lies under the models folder")
            .WithDescription(
                "The file is read and checked in managed code and hashed; it is not loaded. The same path with the same content gives "
                + "the model that stands already (200). With base the file is a LoRA adapter in llama.cpp's form, and the model is that base "
                + "with the adapter applied; all models on one base share its weights in memory.")
            .WithMetadata(new BodyExample("""{ "path": "micro.gguf", "name": "micro" }"""));
        models.MapGet("", List).RequireScope(Scope.Read).WithName("ListModels").WithSummary("List models, newest first");
        models.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("GetModel").WithSummary("One model");
        models.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteModel")
            .WithSummary("Forget a model that no run and no evaluation uses and no adapter is on; its file stays");
        api.MapGet("/templates", (IModelInspector inspector) => TypedResults.Ok(new TemplateList(inspector.Templates)))
            .WithTags("Models").RequireScope(Scope.Read).WithName("ListTemplates")
            .WithSummary("Names of the chat templates that a model may be registered with");
    }

    private static async Task<Results<Created<ModelView>, Ok<ModelView>, InvalidProblem>> Register(
        ModelRequest request, ModelFolder folder, ModelIntake intake, SparDb db, CancellationToken cancellationToken)
    {
        var path = folder.Resolve(request.Path);
        if (request.Name is { } given && (string.IsNullOrWhiteSpace(given) || given.Length > NameLimit))
            return InvalidProblem.Of("invalid-name", new FieldError("name", $"A name has 1 to {NameLimit} characters."));

        var under = request.Base is null
            ? null
            : await db.Models.AsNoTracking().FirstOrDefaultAsync(m => m.Id == request.Base, cancellationToken);
        if (request.Base is not null && BaseFault(request.Base, under, folder) is { } fault)
            return InvalidProblem.Of("invalid-base", new FieldError("base", fault));

        Model model;
        try
        {
            var name = request.Name ?? Path.GetFileNameWithoutExtension(path);
            model = under is null
                ? await intake.ReadAsync(path, name, request.Template, null, cancellationToken)
                : await intake.ReadAdapterAsync(path, name, under, request.Template, null, cancellationToken);
        }
        catch (ModelRejectedException e)
        {
            return InvalidProblem.Of(e.Code, new FieldError(FieldOf(e.Code), e.Message));
        }

        var standing = await db.Models.AsNoTracking().FirstOrDefaultAsync(
            m => m.Sha256 == model.Sha256 && m.Path == path && m.Template == model.Template && m.BaseId == model.BaseId, cancellationToken);
        if (standing is not null)
            return TypedResults.Ok(await ViewAsync(standing, db, cancellationToken));
        db.Models.Add(model);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/v1/models/{model.Id}", ModelView.Of(model, []));
    }

    private static string? BaseFault(string id, Model? under, ModelFolder folder) => under switch
    {
        null => $"There is no model '{id}'; /v1/models lists those there are.",
        { BaseId: { } plain } => $"The model '{id}' is an adapter itself, on '{plain}'; an adapter is applied to a model of its own.",
        _ when !File.Exists(folder.FullPath(under.Path)) =>
            $"The file '{under.Path}' of the model '{id}' is no longer in the models folder {folder.Root}; put it back.",
        _ => null,
    };

    private static string FieldOf(string code) => code switch
    {
        "unknown-template" => "template",
        "adapter-mismatch" => "base",
        _ => "path",
    };

    private static async Task<Ok<Page<ModelView>>> List([AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken)
    {
        var rows = await db.Models.AsNoTracking().Where(m => page.After == null || string.Compare(m.Id, page.After) < 0)
            .OrderByDescending(m => m.Id).Take(page.Take).ToListAsync(cancellationToken);
        var adapters = await AdaptersAsync(rows, db, cancellationToken);
        return TypedResults.Ok(page.Of(rows.ConvertAll(m => ModelView.Of(m, adapters)), m => m.Id));
    }

    private static async Task<Results<Ok<ModelView>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Models.AsNoTracking().FirstOrDefaultAsync(m => m.Id == id, cancellationToken) is { } model
            ? TypedResults.Ok(await ViewAsync(model, db, cancellationToken))
            : NotFoundProblem.Of("model", id);

    private static async Task<ModelView> ViewAsync(Model model, SparDb db, CancellationToken cancellationToken) =>
        ModelView.Of(model, await AdaptersAsync([model], db, cancellationToken));

    /// <returns>The adapters that training made of one of the models, or merged into one of them.</returns>
    private static async Task<IReadOnlyList<MadeAdapter>> AdaptersAsync(
        IEnumerable<Model> models,
        SparDb db,
        CancellationToken cancellationToken)
    {
        var ids = models.Select(m => m.Id).ToArray();
        return await db.Database.SqlQuery<MadeAdapter>(
            $"""
            SELECT id AS training_run, model_id, result_id, adapter AS path, adapter_sha256 AS sha256, adapter_bytes AS bytes
            FROM spar.training_runs WHERE adapter IS NOT NULL AND (model_id = ANY({ids}) OR result_id = ANY({ids})) ORDER BY id
            """).ToListAsync(cancellationToken);
    }

    private static async Task<Results<NoContent, NotFoundProblem, ConflictProblem>> Delete(
        string id,
        SparDb db,
        CancellationToken cancellationToken)
    {
        try
        {
            return await db.Models.Where(m => m.Id == id).ExecuteDeleteAsync(cancellationToken) == 1
                ? TypedResults.NoContent()
                : NotFoundProblem.Of("model", id);
        }
        catch (Npgsql.PostgresException e) when (e.SqlState == Npgsql.PostgresErrorCodes.ForeignKeyViolation)
        {
            return new ConflictProblem(Problem.Conflict(
                "model-in-use", $"A run or an evaluation uses the model '{id}', or an adapter is on it; their rows name it, so it stays."));
        }
    }

    private const int NameLimit = 200;

    internal sealed record TemplateList(IReadOnlyList<string> Templates);
}

/// <param name="Path">Of the file, relative to the models folder.</param>
/// <param name="Name">What lists show; the file's name where left out.</param>
/// <param name="Template">One of <c>/v1/templates</c>; where left out, the template in the file is recognised, and an adapter has its
/// base's.</param>
/// <param name="Base">The model that the file is an adapter of; left out for a model of its own.</param>
internal sealed record ModelRequest(string Path, string? Name = null, string? Template = null, string? Base = null);

/// <param name="Path">Relative to the models folder.</param>
/// <param name="Parameters">Number of weights in the file.</param>
/// <param name="ContextLength">In tokens.</param>
/// <param name="FileType">Of most of the weights.</param>
/// <param name="Base">The model that it is an adapter of: path, sha256, bytes, parameters and file_type are the adapter's. Null for a model
/// of its own.</param>
/// <param name="Lineage">Where it comes from, where training made it; otherwise null.</param>
/// <param name="Adapters">The adapters that training has made of it. One that was not merged is a model too.</param>
internal sealed record ModelView(
    string Id, string Name, string Path, string Sha256, long Bytes, string Architecture, long Parameters, int ContextLength,
    int VocabularySize, string FileType, string Template, string? Base, ModelLineage? Lineage,
    IReadOnlyList<ModelAdapter> Adapters, DateTimeOffset CreatedAt)
{
    public static ModelView Of(Model m, IReadOnlyList<MadeAdapter> adapters) => new(
        m.Id, m.Name, m.Path, m.Sha256, m.Bytes, m.Architecture, m.Parameters, m.ContextLength, m.VocabularySize, m.FileType, m.Template,
        m.BaseId, ModelLineage.Of(m, adapters), [.. adapters.Where(r => r.ModelId == m.Id).Select(ModelAdapter.Of)], m.CreatedAt);
}

/// <summary>An adapter that a training run made.</summary>
/// <param name="ModelId">What it was trained from.</param>
/// <param name="ResultId">The model that it is merged into, or that it is.</param>
internal sealed record MadeAdapter(string TrainingRun, string ModelId, string? ResultId, string Path, string Sha256, long Bytes);

/// <param name="TrainingRun">Made it.</param>
internal sealed record ModelAdapter(string TrainingRun, string Path, string Sha256, long Bytes)
{
    public static ModelAdapter Of(MadeAdapter made) => new(made.TrainingRun, made.Path, made.Sha256, made.Bytes);
}

/// <param name="Parent">The model that training started from.</param>
/// <param name="Run">Had it trained, in one of its rounds; null, as is the round, where a user asked for the training.</param>
/// <param name="Dataset">What it was trained on: a round of a run, or an upload.</param>
/// <param name="DatasetSha256">Of the rows that it was trained on.</param>
/// <param name="Adapter">With LoRA: the adapter that is merged into it, or that it is.</param>
internal sealed record ModelLineage(
    string Parent, string TrainingRun, string? Run, int? Round, TrainingSource Dataset, string DatasetSha256, ModelAdapter? Adapter)
{
    public static ModelLineage? Of(Model m, IEnumerable<MadeAdapter> adapters) =>
        m is { ParentId: not null, TrainingRunId: not null, Dataset: not null, DatasetHash: not null }
            ? new(
                m.ParentId, m.TrainingRunId, m.RunId, m.Round, m.Dataset, m.DatasetHash,
                adapters.Where(r => r.ResultId == m.Id).Select(ModelAdapter.Of).FirstOrDefault())
            : null;
}
