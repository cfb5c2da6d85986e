namespace SPaR.Service.Models;

/// <summary>Checks that the files of a model still have the content that was registered. Reads a file once, and again only when it has
/// changed.</summary>
internal sealed class ModelFiles(FileHashes hashes, ModelFolder folder)
{
    /// <exception cref="ModelRejectedException"><c>model-file-changed</c>, <c>model-file-missing</c> or
    /// <c>not-a-regular-file</c>.</exception>
    public async Task CheckAsync(ModelFile model, CancellationToken cancellationToken)
    {
        await CheckAsync(model.Path, model.Sha256, cancellationToken);
        if (model.Adapter is { } adapter)
            await CheckAsync(adapter.Path, adapter.Sha256, cancellationToken);
    }

    /// <summary>Checks one file.</summary>
    public async Task CheckAsync(string path, string registered, CancellationToken cancellationToken)
    {
        string sha256;
        try
        {
            sha256 = await hashes.OfAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRejectedException("model-file-missing", $"The file '{folder.NameOf(path)}' cannot be read. Put it back.");
        }

        if (sha256 != registered)
            throw new ModelRejectedException(
                "model-file-changed",
                $"The file '{folder.NameOf(path)}' has changed since it was registered: its SHA-256 was {registered} and is {sha256}. "
                + "Put the registered file back, or register the new one as another model.");
    }
}
