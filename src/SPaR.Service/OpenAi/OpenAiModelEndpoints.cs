using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Models;

namespace SPaR.Service.OpenAi;

/// <summary>The registered models in OpenAI's form.</summary>
internal static class OpenAiModelEndpoints
{
    public static void MapModelList(this IEndpointRouteBuilder openAi)
    {
        var models = openAi.MapGroup("/models");
        models.MapGet("", List).RequireScope(Scope.Read).WithName("ListOpenAiModels").WithSummary("List models, newest first")
            .WithDescription("The newest 1,000, or limit of them; after an id those that are older.");
        models.MapGet("/{id}", Get).RequireScope(Scope.Read).WithName("RetrieveOpenAiModel").WithSummary("A model, by id or name");
        models.MapDelete("/{id}", Delete).RequireScope(Scope.Admin).WithName("DeleteOpenAiModel")
            .WithSummary("Delete a trained model and its file")
            .WithDescription("Refused while something uses it. A model that was registered is deleted with DELETE /v1/models/{id}.");
    }

    private static async Task<Ok<OpenAiList<OpenAiModel>>> List(
        [AsParameters] OpenAiPage page, SparDb db, CancellationToken cancellationToken)
    {
        var (size, after) = (page.SizeOr(OpenAiPage.Largest), page.AfterId);
        var rows = await db.Models.AsNoTracking().Where(m => after == null || string.Compare(m.Id, after) < 0)
            .OrderByDescending(m => m.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(OpenAiList<OpenAiModel>.Of(rows.ConvertAll(OpenAiModel.Of), size, m => m.Id));
    }

    private static async Task<Results<Ok<OpenAiModel>, NotFoundProblem>> Get(string id, SparDb db, CancellationToken cancellationToken) =>
        await FindAsync(id, db, cancellationToken) is { } model
            ? TypedResults.Ok(OpenAiModel.Of(model))
            : NotFoundProblem.Of("model", id);

    private static async Task<Results<Ok<ModelDeleted>, NotFoundProblem, ConflictProblem>> Delete(
        string id, SparDb db, ModelFolder folder, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, db, cancellationToken) is not { } model)
            return NotFoundProblem.Of("model", id);
        return (await ModelEndpoints.Delete(model.Id, db, folder, cancellationToken, file: true)).Result switch
        {
            NotFoundProblem missing => missing,
            ConflictProblem inUse => inUse,
            _ => TypedResults.Ok(new ModelDeleted(id, true)),
        };
    }

    /// <summary>By its id; otherwise by its name or path, if only one model has it.</summary>
    private static async Task<Model?> FindAsync(string id, SparDb db, CancellationToken cancellationToken) =>
        await db.Models.AsNoTracking().FirstOrDefaultAsync(m => m.Id == id, cancellationToken)
        ?? (Ids.IsId(id) ? null : await ModelNames.FindAsync(db, id, "model", [], cancellationToken));
}

/// <param name="Created">In seconds since 1970.</param>
/// <param name="Name">Works as its id does, while no other model has it.</param>
internal sealed record OpenAiModel(string Id, long Created, string Name)
{
    public string Object { get; } = "model";

    public string OwnedBy { get; } = "spar";

    public static OpenAiModel Of(Model m) => new(m.Id, m.CreatedAt.ToUnixTimeSeconds(), m.Name);
}

internal sealed record ModelDeleted(string Id, bool Deleted)
{
    public string Object { get; } = "model";
}
