using SPaR.Service.Logging;

namespace SPaR.Service.Models;

/// <summary>Downloads model files from the service into the folder of a worker on another machine. Skips files that are already there with
/// the registered content. Downloads one file at a time.</summary>
internal sealed class ModelSource(
    IOptions<ModelsOptions> options, ModelFolder folder, FileHashes hashes, TimeProvider time, ILogger<ModelSource> logger) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly HttpClient? _http = Connect(options.Value);

    public void Dispose()
    {
        _http?.Dispose();
        _oneAtATime.Dispose();
    }

    /// <summary>Ensures that the files of the model and of its base are in the folder. Does nothing if no source is set.</summary>
    /// <param name="model">An adapter must include its base.</param>
    /// <exception cref="ModelRejectedException"><c>not-fetched</c>.</exception>
    public async Task EnsureAsync(Model model, CancellationToken cancellationToken)
    {
        if (_http is null)
            return;
        if (model.Base is { } baseModel)
            await EnsureAsync(baseModel, cancellationToken);
        var target = folder.FullPath(model.Path);
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (await IsPresentAsync(model, target, cancellationToken))
                return;
            logger.ModelDownloadStarted(model.Id, model.Path, model.Bytes, _http.BaseAddress!);
            await new ModelDownload(_http, time).FetchAsync(
                $"v1/models/{model.Id}/file", model.Sha256, model.Bytes, target, null, cancellationToken);
            logger.ModelDownloaded(model.Id, target);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task<bool> IsPresentAsync(Model model, string path, CancellationToken cancellationToken) =>
        new FileInfo(path) is { Exists: true } file && file.Length == model.Bytes
        && await hashes.OfAsync(path, cancellationToken) == model.Sha256;

    private static HttpClient? Connect(ModelsOptions options)
    {
        if (options.Source is not { Length: > 0 } source)
            return null;
        var http = new HttpClient { BaseAddress = new(source.TrimEnd('/') + "/"), Timeout = Timeout.InfiniteTimeSpan };
        if (options.Key is { Length: > 0 } key)
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }
}
