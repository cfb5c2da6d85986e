using Microsoft.Extensions.Logging;
using SPaR.Abstractions;
using SPaR.Llama.Memory;

namespace SPaR.Llama.Apart;

/// <summary>Keeps a process going for one model. When it ends unasked, another takes its place and is asked again what was not answered:
/// an answer depends on nothing but the question.</summary>
internal sealed class KeptProcess : IAsyncDisposable
{
    /// <summary>A question that so many processes have ended with is not asked again: it may be what ends them.</summary>
    private const int Attempts = 3;

    private readonly Func<CancellationToken, Task<(EngineProcess, Loaded)>> _start;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private EngineProcess _process;
    private bool _disposed;

    private KeptProcess(
        ModelFile file, Func<CancellationToken, Task<(EngineProcess, Loaded)>> start, EngineProcess process, Loaded loaded, ILogger logger)
    {
        (File, _start, _process, _logger) = (file, start, process, logger);
        (ContextTokens, Sequences, Plan) = (loaded.ContextTokens, loaded.Sequences, loaded.Plan);
    }

    public ModelFile File { get; }

    public int ContextTokens { get; }

    public int Sequences { get; }

    /// <summary>What it holds of the memory.</summary>
    public MemoryPlan Plan { get; }

    /// <summary>How many handles share it. Guarded by the engine's lock.</summary>
    public int Shares { get; set; } = 1;

    /// <summary>The process that is asked now.</summary>
    public EngineProcess Current => _process;

    public static async Task<KeptProcess> StartAsync(
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
        var gone = new ObjectDisposedException(nameof(ITextModel), $"{File.Name} was freed; its requests end here.");
        _process.End(gone);
        await _changing.WaitAsync();
        _disposed = true;
        _process.End(gone);
        await _process.DisposeAsync();
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
            _logger.ProcessEnded(File.Name, ended.Id, because.Message);
            var (process, _) = await _start(cancellationToken);
            _logger.ProcessStarted(File.Name, process.Id);
            _process = process;
            await ended.DisposeAsync();
        }
        finally
        {
            _changing.Release();
        }
    }
}
