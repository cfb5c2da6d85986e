using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.Logging;
using Hangfire.Server;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SPaR.Jobs.Hangfire;

/// <summary>Runs the jobs of the kinds that this process has a handler for. Asking for the storage, it also sees to it that a process
/// which only enqueues does not start without it.</summary>
internal sealed class HangfireWorker(
    JobStorage storage, JobFilters filters, KeyLock keys, JobOptions options, IEnumerable<ServedKind> kinds, IServiceProvider services,
    ILoggerFactory loggers, bool serve) : IHostedService, IDisposable
{
    private BackgroundProcessingServer? _server;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var queues = kinds.Select(k => k.Name).ToArray();
        if (!serve || queues.Length == 0)
            return Task.CompletedTask;
        LogProvider.SetCurrentLogProvider(new AspNetCoreLogProvider(loggers));
        var changer = new KeyedStateChanger(new BackgroundJobStateChanger(filters.Provider), keys);
        var performer = new BackgroundJobPerformer(filters.Provider, new Services(services));
        _server = new(
            storage,
            [
                new Worker(queues, performer, changer).UseBackgroundPool(options.Concurrent),
                new DelayedJobScheduler(TimeSpan.FromSeconds(0.5), changer).UseBackgroundPool(1),
            ],
            // What the dashboard shows of a server.
            new Dictionary<string, object> { ["Queues"] = queues, ["WorkerCount"] = options.Concurrent },
            new()
            {
                CancellationCheckInterval = TimeSpan.FromSeconds(options.CheckinSeconds),
                // A job hears at once that the worker stops; one that ends by it goes back to the queue.
                StopTimeout = TimeSpan.Zero,
            });
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is not { } server)
            return;
        _server = null;
        server.SendStop();
        // A job that has not ended when the host will wait no longer is taken over as that of a killed worker.
        await server.WaitForShutdownAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        server.Dispose();
        // The loggers are this host's and end with it.
        LogProvider.SetCurrentLogProvider(null);
    }

    public void Dispose() => _server?.Dispose();

    private sealed class Services(IServiceProvider services) : JobActivator
    {
        public override object ActivateJob(Type jobType) => services.GetRequiredService(jobType);
    }
}
