using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Service.Logging;

namespace SPaR.Service.Models;

/// <summary>Where a worker on another machine has its model files from: the service, by HTTP, into the worker's own folder. What is there
/// already, with the content that was registered, stays. Fetches one file at a time.</summary>
internal sealed class ModelSource(IOptions<ModelsOptions> options, TimeProvider time, ILogger<ModelSource> logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly FileHashes _hashes = new();
    private readonly HttpClient? _http = Connect(options.Value);

    public void Dispose()
    {
        _http?.Dispose();
        _gate.Dispose();
    }

    /// <summary>Sees to it that the model's file is in the folder, and its base's. Does nothing where no source is set.</summary>
    /// <param name="model">With its base, where it is an adapter.</param>
    /// <exception cref="ModelRejectedException"><c>not-fetched</c>.</exception>
    public async Task BringAsync(Model model, string folder, CancellationToken cancellationToken)
    {
        if (_http is null)
            return;
        if (model.Base is { } under)
            await BringAsync(under, folder, cancellationToken);
        var target = Path.GetFullPath(Path.Combine(folder, model.Path));
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (await IsThereAsync(model, target, cancellationToken))
                return;
            Log.ModelWanted(logger, model.Id, model.Path, model.Bytes, _http.BaseAddress!);
            await new ModelDownload(_http, time).FetchAsync(
                $"v1/models/{model.Id}/file", model.Sha256, model.Bytes, target, null, cancellationToken);
            Log.ModelFetched(logger, model.Id, target);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<bool> IsThereAsync(Model model, string path, CancellationToken cancellationToken) =>
        new FileInfo(path) is { Exists: true } file && file.Length == model.Bytes
        && await _hashes.OfAsync(path, cancellationToken) == model.Sha256;

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
