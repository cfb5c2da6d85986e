using Microsoft.Extensions.Logging;
using SPaR.Llama.Logging;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Processes;

/// <summary>The process of one model. If it dies, another is started and gets the unanswered calls again: a reply depends only on its
/// call.</summary>
internal sealed class RestartingProcess : IAsyncDisposable
{
    /// <summary>After this many attempts a call is not repeated: it may be what kills the process.</summary>
    private const int Attempts = 3;

    private readonly Func<CancellationToken, Task<(EngineProcess, Loaded)>> _start;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _replacing = new(1, 1);
    private readonly string _name;
    private EngineProcess _process;
    private bool _disposed;

    private RestartingProcess(
        ModelFile file, Func<CancellationToken, Task<(EngineProcess, Loaded)>> start, EngineProcess process, Loaded loaded, ILogger logger)
    {
        (_name, _start, _process, _logger) = (file.Name, start, process, logger);
        (ContextTokens, Sequences, Model) = (loaded.ContextTokens, loaded.Sequences, new(file, loaded.Plan, loaded.Mapped));
    }

    public int ContextTokens { get; }

    public int Sequences { get; }

    /// <summary>The loaded model.</summary>
    public LoadedModel Model { get; }

    /// <summary>The current process.</summary>
    public EngineProcess Current => _process;

    public static async Task<RestartingProcess> StartAsync(
        ModelFile file, Func<CancellationToken, Task<(EngineProcess, Loaded)>> start, ILogger logger, CancellationToken cancellationToken)
    {
        var (process, loaded) = await start(cancellationToken);
        logger.ProcessStarted(file.Name, process.Id);
        return new(file, start, process, loaded, logger);
    }

    /// <param name="mayRepeat">Asked when the process has died; null if it always may.</param>
    /// <returns>The reply, and the process that gave it.</returns>
    public async Task<(T Reply, EngineProcess By)> CallAsync<T>(
        Func<long, Call> call, CancellationToken cancellationToken, Func<bool>? mayRepeat = null)
        where T : Reply
    {
        for (var attempt = 1; ; attempt++)
        {
            var process = _process;
            try
            {
                return ((T)await process.CallAsync(call, cancellationToken), process);
            }
            catch (ModelProcessDiedException e) when (attempt < Attempts && mayRepeat?.Invoke() is not false)
            {
                await ReplaceAsync(process, e, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        var freed = new ObjectDisposedException(nameof(ITextModel), $"{_name} was unloaded before the request finished. Load it again.");
        _process.End(freed);
        await _replacing.WaitAsync();
        _disposed = true;
        _process.End(freed);
        var id = _process.Id;
        await _process.DisposeAsync();
        _logger.ProcessStopped(_name, id);
        _replacing.Release();
    }

    /// <summary>The first caller that finds the process dead starts the next.</summary>
    private async Task ReplaceAsync(EngineProcess ended, ModelProcessDiedException because, CancellationToken cancellationToken)
    {
        await _replacing.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ITextModel));
            if (_process != ended)
                return;
            _logger.ProcessDied(_name, ended.Id, because.Message);
            var (process, _) = await _start(cancellationToken);
            _logger.ProcessStarted(_name, process.Id);
            _process = process;
            await ended.DisposeAsync();
        }
        finally
        {
            _replacing.Release();
        }
    }
}
