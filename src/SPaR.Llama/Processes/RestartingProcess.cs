using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Logging;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Processes;

/// <summary>The process of one model. When it ends by itself another is started, and is asked again what was not answered: an answer
/// depends on nothing but the question.</summary>
internal sealed class RestartingProcess : IAsyncDisposable
{
    /// <summary>A question during which so many processes ended is not asked again: it may be what ends them.</summary>
    private const int Attempts = 3;

    private readonly Func<CancellationToken, Task<(EngineProcess, Loaded)>> _start;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _changing = new(1, 1);
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

    /// <summary>What it has loaded.</summary>
    public LoadedModel Model { get; }

    /// <summary>The process that is asked now.</summary>
    public EngineProcess Current => _process;

    public static async Task<RestartingProcess> StartAsync(
        ModelFile file, Func<CancellationToken, Task<(EngineProcess, Loaded)>> start, ILogger logger, CancellationToken cancellationToken)
    {
        var (process, loaded) = await start(cancellationToken);
        logger.ProcessStarted(file.Name, process.Id);
        return new(file, start, process, loaded, logger);
    }

    /// <returns>The answer, and the process that gave it.</returns>
    public async Task<(T Answer, EngineProcess By)> AskAsync<T>(Func<long, Ask> ask, CancellationToken cancellationToken)
        where T : Answer
    {
        for (var attempt = 1; ; attempt++)
        {
            var process = _process;
            try
            {
                return ((T)await process.AskAsync(ask, cancellationToken), process);
            }
            catch (EngineProcessEndedException e) when (attempt < Attempts)
            {
                await ReplaceAsync(process, e, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        var freed = new ObjectDisposedException(nameof(ITextModel), $"{_name} was freed; its requests end here.");
        _process.End(freed);
        await _changing.WaitAsync();
        _disposed = true;
        _process.End(freed);
        var id = _process.Id;
        await _process.DisposeAsync();
        _logger.ProcessStopped(_name, id);
        _changing.Release();
    }

    /// <summary>Of all that find a process ended, the first starts the next.</summary>
    private async Task ReplaceAsync(EngineProcess ended, EngineProcessEndedException because, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ITextModel));
            if (_process != ended)
                return;
            _logger.ProcessEnded(_name, ended.Id, because.Message);
            var (process, _) = await _start(cancellationToken);
            _logger.ProcessStarted(_name, process.Id);
            _process = process;
            await ended.DisposeAsync();
        }
        finally
        {
            _changing.Release();
        }
    }
}
