using Microsoft.Extensions.Hosting;

namespace SPaR.Llama.Processes;

/// <summary>Tests the engine process when the worker starts: a worker whose llama.cpp does not load would fail every job.</summary>
internal sealed class EngineCheck(ITextEngine engine) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) =>
        engine is ProcessEngine processes ? processes.CheckAsync(cancellationToken) : Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
