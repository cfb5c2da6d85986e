using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;
using SPaR.Service.Storage;

namespace SPaR.Service.Models;

/// <summary>Gives out model files: to users, and to workers on other machines.</summary>
internal static class ModelFileEndpoints
{
    private const string Type = "application/octet-stream";

    public static void MapModelFiles(this IEndpointRouteBuilder api)
    {
        var file = api.MapGroup("/models/{id}/file").RequireScope(Scope.Read).WithTags("Models");
        file.MapGet("", Get).WithName("GetModelFile")
            .WithSummary("The GGUF file of a model or an adapter, or a range of it; takes HEAD, too")
            .WithDescription(
                "ETag is the file's SHA-256, so that a download that was cut goes on with Range and If-Range. Nothing is given out that is "
                + "not what was registered.")
            .Produces<Stream>(StatusCodes.Status200OK, Type).Produces<Stream>(StatusCodes.Status206PartialContent, Type)
            .Produces(StatusCodes.Status304NotModified).Produces(StatusCodes.Status416RangeNotSatisfiable);
        file.MapMethods("", [HttpMethods.Head], Get).ExcludeFromDescription();
    }

    private static async Task<Results<PhysicalFileHttpResult, NotFoundProblem, ConflictProblem>> Get(
        string id, SparDb db, ModelFolder folder, FileHashes hashes, CancellationToken cancellationToken)
    {
        if (await db.Models.AsNoTracking().FirstOrDefaultAsync(m => m.Id == id, cancellationToken) is not { } model)
            return NotFoundProblem.Of("model", id);
        string path;
        try
        {
            // Once more: since it was registered a link may have taken its place.
            path = folder.FullPath(folder.Resolve(model.Path));
        }
        catch (InvalidInputException e)
        {
            return new ConflictProblem(Problem.Conflict(
                "model-file-missing", $"The file of the model '{id}' cannot be given out. {e.Errors[0].Message}"));
        }

        if (!await IsAsRegisteredAsync(model, path, hashes, cancellationToken))
            return new ConflictProblem(Problem.Conflict(
                "model-file-changed",
                $"The file '{model.Path}' is not what was registered as '{id}' any more: put that back, or register what there is."));
        return TypedResults.PhysicalFile(
            path, Type, Path.GetFileName(model.Path), File.GetLastWriteTimeUtc(path), new EntityTagHeaderValue($"\"{model.Sha256}\""),
            enableRangeProcessing: true);
    }

    /// <summary>Gigabytes are not read for each request: what was not written since it was registered is what it was then.</summary>
    private static async Task<bool> IsAsRegisteredAsync(Model model, string path, FileHashes hashes, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        return file.Length == model.Bytes
            && (file.LastWriteTimeUtc <= model.CreatedAt || await hashes.OfAsync(path, cancellationToken) == model.Sha256);
    }
}
