using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Llama.Memory;
using SPaR.Llama.Models;

namespace SPaR.Llama.Processes;

/// <summary>Runs each model in its own process. LLamaSharp evaluates one batch per process at a time, so this lets models compute in
/// parallel; and a native abort ends one model's process, not the worker. Models that do not fit into memory together take turns. Loads no
/// native library itself.</summary>
/// <remarks>Two models on one base file, such as two adapters, both map its weights: the system holds those pages once, and the memory plan
/// counts them once. Formats that llama.cpp repacks for the CPU (such as Q4_0) are copied by each process and counted for
/// each.</remarks>
internal sealed class ProcessEngine : ITextEngine
{
    /// <summary>How long requests to loaded models go ahead of one that waits for another model to load.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private readonly LlamaOptions _options;
    private readonly ModelTurns<RestartingProcess> _turns;

    public ProcessEngine(IOptions<LlamaOptions> options, ILogger<ProcessEngine> logger)
    {
        _options = options.Value;
        _turns = new(
            (file, cancellationToken) => RestartingProcess.StartAsync(file, stop => StartAsync(file, stop), logger, cancellationToken),
            MaxWait, TimeProvider.System);
    }

    /// <summary>Starts an engine process that loads llama.cpp but no model.</summary>
    /// <exception cref="NativeLibraryMissingException">It fails; the message says what to do.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (process, _) = await EngineProcess.StartAsync(
                Command(), "the engine check", id => new CheckCall(id), cancellationToken);
            await process.DisposeAsync();
        }
        catch (Exception e) when (e is EngineProcessException or ModelProcessDiedException)
        {
            throw new NativeLibraryMissingException(e.Message, e);
        }
    }

    public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        _turns.Open(file);
        try
        {
            // Load it now, so that an unusable file is refused here.
            using var turn = await _turns.EnterAsync(file, cancellationToken);
            return new ProcessModel(file, turn.Model.ContextTokens, turn.Model.Sequences, _turns);
        }
        catch
        {
            await _turns.CloseAsync(file);
            throw;
        }
    }

    public ValueTask DisposeAsync() => _turns.DisposeAsync();

    private IReadOnlyList<string> Command() =>
        _options.Command.Count > 0 ? [.. _options.Command] : SelfExecutable.InRole("engine");

    private async Task<(EngineProcess, Loaded)> StartAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var others = LoadedModel.HeldByOthers(file, _turns.Loaded.Select(p => p.Model).Where(m => m.File != file));
        var (process, reply) = await EngineProcess.StartAsync(
            Command(), file.Name, id => new LoadCall(id, file, _options, others), cancellationToken);
        return (process, (Loaded)reply);
    }
}
