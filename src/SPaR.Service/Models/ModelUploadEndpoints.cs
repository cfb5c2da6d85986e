using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SPaR.Method.Input;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Models;

/// <summary>Takes model files over HTTP.</summary>
internal static class ModelUploadEndpoints
{
    private const string Type = "application/octet-stream", Extension = ".gguf";

    public static void MapModelUpload(this IEndpointRouteBuilder api) => api.MapPost("/models/file", Upload)
        .WithTags("Models").RequireScope(Scope.Submit).LimitStreams().WithName("UploadModel").Idempotent("GetModel", typeof(Model))
        .WithSummary("Upload a GGUF file into the models folder and register it")
        .WithDescription(
            "The body is the file; path is where it goes below the models folder. It is hashed while it arrives: sha256, or "
            + "Content-Digest (RFC 9530), is compared with the result. A file that is damaged, cut off or refused leaves nothing behind. "
            + "If the path has a file with this content already, that is registered. The key's max_body_bytes limits the length. name, "
            + "template and base are as for a file that is there already.")
        .Accepts<Stream>(Type, "*/*");

    private static async Task<Results<Created<ModelView>, Ok<ModelView>, InvalidProblem, ConflictProblem>> Upload(
        HttpContext http, ModelFolder folder, ModelRegistrar registrar, ReceivedModels received, FileHashes hashes,
        CancellationToken cancellationToken, string path = "", string? name = null, string? template = null,
        [FromQuery(Name = "base")] string? baseId = null, string? sha256 = null)
    {
        if (!path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
            return InvalidProblem.Of("invalid-path", new FieldError("path", $"must be the path of a file that ends in {Extension}."));
        var target = folder.ResolveNew(path);
        if (ModelDigest.Read(sha256, http.Request.Headers["Content-Digest"], out var expected) is { } wrong)
            return InvalidProblem.Of("invalid-digest", wrong);
        var request = new ModelRequest(target, name, template, baseId);
        var (baseModel, refusal) = await registrar.CheckAsync(request, cancellationToken);
        if (refusal is not null)
            return refusal;
        BodyLimits.RaiseForUpload(http);
        await using var file = await received.ReceiveAsync(http.Request.Body, cancellationToken);
        if (expected is not null && expected != file.Sha256)
            return InvalidProblem.Of("digest-mismatch", new FieldError(
                "body", $"has the SHA-256 {file.Sha256}, and {expected} was announced. It was damaged on its way, or is another file; send "
                + "it again."));
        var full = folder.FullPath(target);
        if (await PlaceAsync(file, full, hashes, cancellationToken) is not { } isNew)
            return ConflictProblem.Of(
                "file-exists", $"Something else is at '{target}' in the models folder. Upload to another path, or delete its model first.");
        var isKept = false;
        try
        {
            // Not ended by a client that leaves: its file is registered or gone.
            var result = await registrar.RegisterAsync(
                target, request, baseModel, isNew ? ModelOrigin.Upload : null, CancellationToken.None);
            isKept = result.Result is not InvalidProblem;
            return result.Result switch
            {
                Created<ModelView> created => created,
                Ok<ModelView> known => known,
                var refused => (InvalidProblem)refused,
            };
        }
        finally
        {
            // Another request may have registered the same file meanwhile.
            if (isNew && !isKept && !await registrar.IsRegisteredAsync(target))
                File.Delete(full);
        }
    }

    /// <returns>Whether the file is there now and was not before; false if the same was; null if something else is there.</returns>
    private static async Task<bool?> PlaceAsync(ReceivedModel file, string full, FileHashes hashes, CancellationToken cancellationToken)
    {
        try
        {
            if (!Path.Exists(full))
            {
                file.MoveTo(full);
                return true;
            }
        }
        catch (IOException) when (Path.Exists(full) || File.Exists(Path.GetDirectoryName(full)))
        {
            // Another upload was faster, or a folder of the path is a file.
        }

        return File.Exists(full) && await hashes.OfAsync(full, cancellationToken) == file.Sha256 ? false : null;
    }
}
