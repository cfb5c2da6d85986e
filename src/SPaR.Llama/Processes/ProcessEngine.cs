using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Llama.Memory;
using SPaR.Llama.Models;

namespace SPaR.Llama.Processes;

/// <summary>Gives each model a process of its own. LLamaSharp evaluates one batch of a process at a time, so this is how models compute at
/// the same time; and a native abort ends one model's process, not the worker. Models that do not fit into the memory together take turns.
/// Loads no native library itself.</summary>
/// <remarks>Two models on one base file, such as two adapters, each map its weights: the system holds those pages once, and the memory plan
/// counts them once. Formats that llama.cpp repacks for the processor (such as Q4_0) are copied by each process and count for
/// each.</remarks>
internal sealed class ProcessEngine : ITextEngine
{
    /// <summary>While a request waits for a model that has to be loaded, requests to the loaded models go first for so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly LlamaOptions _options;
    private readonly Turns<RestartingProcess> _turns;

    public ProcessEngine(IOptions<LlamaOptions> options, ILogger<ProcessEngine> logger)
    {
        _options = options.Value;
        _turns = new(
            (file, cancellationToken) => RestartingProcess.StartAsync(file, stop => StartAsync(file, stop), logger, cancellationToken),
            Patience, TimeProvider.System);
    }

    /// <summary>Starts an engine process and has it load llama.cpp, but no model.</summary>
    /// <exception cref="NativeLibraryMissingException">It could not; the message says what to do.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (process, _) = await EngineProcess.StartAsync(Command(), id => new CheckAsk(id), cancellationToken);
            await process.DisposeAsync();
        }
        catch (Exception e) when (e is EngineProcessException or EngineProcessEndedException)
        {
            throw new NativeLibraryMissingException(e.Message, e);
        }
    }

    public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken)
    {
        _turns.Open(file);
        try
        {
            // At once, so that a file that cannot be loaded is refused here.
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
        _options.Command.Count > 0 ? [.. _options.Command] : SelfExecutable.InRole("engine", "Llama:Command");

    private async Task<(EngineProcess, Loaded)> StartAsync(ModelFile file, CancellationToken cancellationToken)
    {
        var others = LoadedModel.HeldBeside(file, _turns.Loaded.Select(p => p.Model).Where(m => m.File != file));
        var (process, answer) = await EngineProcess.StartAsync(
            Command(), id => new LoadAsk(id, file, _options, others), cancellationToken);
        return (process, (Loaded)answer);
    }
}
