using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Models;

/// <summary>Registers a file in the models folder, however it got there.</summary>
internal sealed class ModelRegistrar(SparDb db, ModelFolder folder, ModelIntake intake)
{
    private const int NameLimit = 200;

    /// <summary>Checks what needs no file.</summary>
    /// <returns>The base, if the request names one; and why it is refused.</returns>
    public async Task<(Model? Base, InvalidProblem? Refusal)> CheckAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        if (request.Name is { } given && (string.IsNullOrWhiteSpace(given) || given.Length > NameLimit))
            return (null, InvalidProblem.Of("invalid-name", new FieldError("name", $"name must have 1 to {NameLimit} characters.")));
        if (request.Base is null)
            return (null, null);
        var baseModel = await db.Models.AsNoTracking().FirstOrDefaultAsync(m => m.Id == request.Base, cancellationToken);
        return (baseModel, BaseFault(request.Base, baseModel) is { } fault
            ? InvalidProblem.Of("invalid-base", new FieldError("base", fault))
            : null);
    }

    /// <param name="path">Resolved.</param>
    /// <param name="baseModel">As <see cref="CheckAsync"/> found it.</param>
    /// <param name="origin">Null for a file that a person put there.</param>
    public async Task<Results<Created<ModelView>, Ok<ModelView>, InvalidProblem>> RegisterAsync(
        string path, ModelRequest request, Model? baseModel, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        Model model;
        try
        {
            var name = request.Name ?? Path.GetFileNameWithoutExtension(path);
            model = baseModel is null
                ? await intake.ReadAsync(path, name, request.Template, origin, cancellationToken)
                : await intake.ReadAdapterAsync(path, name, baseModel, request.Template, origin, cancellationToken);
        }
        catch (ModelRejectedException e)
        {
            return InvalidProblem.Of(e.Code, new FieldError(FieldOf(e.Code), folder.WithNames(e.Message)));
        }

        var existing = await db.Models.AsNoTracking().FirstOrDefaultAsync(
            m => m.Sha256 == model.Sha256 && m.Path == path && m.Template == model.Template && m.BaseId == model.BaseId, cancellationToken);
        if (existing is not null)
            return TypedResults.Ok(await ModelEndpoints.ViewAsync(existing, db, cancellationToken));
        db.Models.Add(model);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/v1/models/{model.Id}", ModelView.Of(model, []));
    }

    /// <param name="path">Resolved.</param>
    public Task<bool> IsRegisteredAsync(string path) => db.Models.AnyAsync(m => m.Path == path);

    private string? BaseFault(string id, Model? baseModel) => baseModel switch
    {
        null => $"There is no model '{id}'; /v1/models lists all models.",
        { BaseId: { } full } => $"Model '{id}' is itself an adapter on '{full}'; name a full model as base.",
        _ when !File.Exists(folder.FullPath(baseModel.Path)) =>
            $"The file '{baseModel.Path}' of model '{id}' is no longer in the models folder; put it back.",
        _ => null,
    };

    private static string FieldOf(string code) => code switch
    {
        "unknown-template" => "template",
        "adapter-mismatch" => "base",
        _ => "path",
    };
}
