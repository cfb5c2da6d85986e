using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Llama.Models;

namespace SPaR.Integration.Tests.Llama;

/// <summary>Loads models into the test's own process, as each engine process does with one.</summary>
internal sealed class InProcessEngine(LlamaOptions options, ILogger? logger = null) : ITextEngine
{
    public async Task<ITextModel> LoadAsync(ModelFile file, CancellationToken cancellationToken) =>
        await Task.Run(() => LlamaModel.Load(file, options, logger ?? NullLogger.Instance), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
