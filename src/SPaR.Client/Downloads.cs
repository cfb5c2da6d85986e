using SPaR.Abstractions;

namespace SPaR.Client;

/// <summary>Downloads of files with a known SHA-256: an interrupted one is resumed, and the file is in place only when it is
/// complete.</summary>
public static class Downloads
{
    /// <summary>Downloads a model's file.</summary>
    /// <param name="target">The file to write. Bytes of an earlier attempt are kept beside it and used.</param>
    /// <param name="progress">Gets the number of bytes so far.</param>
    /// <exception cref="SparApiException"><c>not-fetched</c>: the message says why; call again to resume.</exception>
    public static Task DownloadModelAsync(
        this SparClient client, Model model, string target, IProgress<long>? progress = null,
        CancellationToken cancellationToken = default) =>
        client.DownloadAsync(
            $"v1/models/{Uri.EscapeDataString(model.Id)}/file", model.Sha256, model.Bytes, target, progress, cancellationToken);

    /// <summary>Downloads a dataset's file.</summary>
    /// <param name="format">As for <see cref="SparClient.GetDatasetFileAsync"/>; also <paramref name="container"/>.</param>
    /// <inheritdoc cref="DownloadModelAsync"/>
    public static async Task DownloadDatasetAsync(
        this SparClient client, string dataset, string target, string? format = null, string? container = null,
        IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var request = new SparRequest(HttpMethod.Get, $"v1/datasets/{dataset}/file") { Query = [("format", format), ("as", container)] };
        string sha256;
        long bytes;
        await using (var file = await client.OpenAsync(request, cancellationToken))
            (sha256, bytes) = (file.ETag!.Trim('"'), file.Length!.Value);
        await client.DownloadAsync(request.Address(), sha256, bytes, target, progress, cancellationToken);
    }

    private static async Task DownloadAsync(
        this SparClient client, string address, string sha256, long bytes, string target, IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        try
        {
            await new ModelDownload(client.Http, TimeProvider.System)
                .FetchAsync(address, sha256, bytes, Path.GetFullPath(target), progress, cancellationToken);
        }
        catch (ModelRejectedException e)
        {
            throw new SparApiException(0, e.Code, e.Message, [], e);
        }
    }
}
