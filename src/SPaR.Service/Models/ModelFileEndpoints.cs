using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Models;

/// <summary>Serves model files to users and to workers on other machines.</summary>
internal static class ModelFileEndpoints
{
    private const string Type = "application/octet-stream";

    public static void MapModelFiles(this IEndpointRouteBuilder api)
    {
        var file = api.MapGroup("/models/{id}/file").RequireScope(Scope.Read).LimitStreams().WithTags("Models");
        file.MapGet("", Get).WithName("GetModelFile")
            .WithSummary("Download the GGUF file of a model or adapter, or a range of it")
            .WithDescription(
                "ETag is the file's SHA-256: resume an interrupted download with Range and If-Range. A file that has changed since it was "
                + "registered is not served. Also takes HEAD.")
            .Produces<Stream>(StatusCodes.Status200OK, Type).Produces<Stream>(StatusCodes.Status206PartialContent, Type)
            .Produces(StatusCodes.Status304NotModified).Produces(StatusCodes.Status416RangeNotSatisfiable);
        file.MapMethods("", [HttpMethods.Head], Get).ExcludeFromDescription();
    }

    private static async Task<Results<PhysicalFileHttpResult, NotFoundProblem, ConflictProblem>> Get(
        string id, SparDb db, ModelFolder folder, ModelFiles files, CancellationToken cancellationToken)
    {
        if (await db.Models.AsNoTracking().FirstOrDefaultAsync(m => m.Id == id, cancellationToken) is not { } model)
            return NotFoundProblem.Of("model", id);
        string path;
        try
        {
            // Checked again: since the registration a link may have replaced the file.
            path = folder.FullPath(folder.Resolve(model.Path));
        }
        catch (InvalidInputException e)
        {
            return ConflictProblem.Of("model-file-missing", $"The file of model '{id}' cannot be served. {e.Errors[0].Message}");
        }

        try
        {
            await files.CheckAsync(path, model.Sha256, cancellationToken);
        }
        catch (ModelRejectedException e)
        {
            return ConflictProblem.Of(e.Code, folder.WithNames(e.Message));
        }

        return TypedResults.PhysicalFile(
            path, Type, Path.GetFileName(model.Path), File.GetLastWriteTimeUtc(path), new EntityTagHeaderValue($"\"{model.Sha256}\""),
            enableRangeProcessing: true);
    }
}
